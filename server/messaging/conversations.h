// What is known of a conversation, and the customer's wish for no messages.
// Reads and writes the disk: call on an executor. Thread-safe.

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
  // All must outlive this.
  Conversations(const Clock& clock, StateReader& state, Sealer& sealer,
                Journal& journal, const ChannelRegistry& registry)
      : clock_(clock),
        state_(state),
        sealer_(sealer),
        journal_(journal),
        registry_(registry) {}

  // Requests have been validated. CHANNEL_NOT_FOUND.
  absl::StatusOr<v1::Conversation> Get(
      const v1::GetConversationRequest& request);
  absl::StatusOr<v1::Conversation> Update(
      const v1::UpdateConversationRequest& request);

 private:
  absl::StatusOr<v1::Conversation> Describe(const ChannelEntry& channel,
                                            const ConversationRow& row);

  const Clock& clock_;
  StateReader& state_;
  Sealer& sealer_;
  Journal& journal_;
  const ChannelRegistry& registry_;
};

}  // namespace linktor
