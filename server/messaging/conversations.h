// Conversations tells what is known about a conversation: the customer's name,
// the messaging window, and whether the customer wants no messages. It records
// that wish, too. MessagingService calls it, on the executor: it reads the disk
// and blocks on the journal. It is thread-safe, and keeps nothing in memory.

#pragma once

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/conversation.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/base/clock.h"
#include "server/channels/registry.h"
#include "server/journal/journal.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"
#include "server/state/state_reader.h"

namespace linktor {

class Conversations {
 public:
  // All five must outlive this. The registry is asked for the channel's number
  // under which the state keeps its conversations.
  Conversations(const Clock& clock, StateReader& state, Sealer& sealer,
                Journal& journal, const ChannelRegistry& registry)
      : clock_(clock),
        state_(state),
        sealer_(sealer),
        journal_(journal),
        registry_(registry) {}

  // Requests have been validated; see rpc/validation.h.
  //
  // Returns the conversation. A customer of whom nothing is known has one, too:
  // with its ids and nothing else. CHANNEL_NOT_FOUND; another error means that
  // the state could not be read.
  absl::StatusOr<v1::Conversation> Get(
      const v1::GetConversationRequest& request);
  // Records whether the customer has opted out, and returns the conversation as
  // the record left it. The time of an opt-out is that of the call; a repeated
  // one keeps the first time. CHANNEL_NOT_FOUND, also for a channel that is
  // deleted meanwhile; else it fails as an append does: OVERLOADED, DISK_FULL,
  // DRAINING, STORE_FAILED. After STORE_FAILED the wish may be recorded, and
  // the call may be repeated.
  absl::StatusOr<v1::Conversation> Update(
      const v1::UpdateConversationRequest& request);

 private:
  // Returns the row as the API shows it. A name that cannot be opened is left
  // out, like one that is not known; it never fails.
  absl::StatusOr<v1::Conversation> Describe(const ChannelEntry& channel,
                                            const ConversationRow& row);

  const Clock& clock_;
  StateReader& state_;
  Sealer& sealer_;
  Journal& journal_;
  const ChannelRegistry& registry_;
};

}  // namespace linktor
