// A StateReader reads the state in the domain's terms, for all parts of the
// server that do not write it. Each call is one snapshot of the last commit. It
// blocks on the disk, and a moment longer while the writer pauses readers, so
// it is called on the executor or at the start. It is thread-safe. An error is
// the database's.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/journal/record.pb.h"
#include "server/seal/sealer.h"
#include "server/sqlite/read_pool.h"
#include "server/state/conversation_heads.h"
#include "server/state/rows.h"

namespace linktor::state {

class StateReader final : public seal::KeySource {
 public:
  // Both must outlive this.
  StateReader(sqlite::ReadPool& pool, const RecentHeads& heads)
      : pool_(pool), heads_(heads) {}

  // ---- Channels and API keys
  // Returns all live channels, sorted by id. Views load these and the keys at
  // the start.
  absl::StatusOr<std::vector<ChannelRow>> LiveChannels();
  // Returns whether a channel of that id was deleted so lately that its events
  // may still be stored.
  absl::StatusOr<bool> MayHaveStoredEvents(std::string_view channel_id);
  // Returns the numbers of all channels that have or had that id, in ascending
  // order. There are several when an id was used again.
  absl::StatusOr<std::vector<std::int64_t>> ChannelNumbers(
      std::string_view channel_id);
  // Returns all API keys, sorted by id.
  absl::StatusOr<std::vector<ApiKeyRow>> ApiKeys();

  // ---- Messages and conversations
  // These two return a send; nothing when there is none. `id` may also be that
  // of an echo which turned out to be a send's. A request id is found for at
  // least 7 days.
  absl::StatusOr<std::optional<MessageRow>> MessageById(std::string_view id);
  absl::StatusOr<std::optional<MessageRow>> MessageByRequest(
      std::int64_t channel_no, std::string_view request_id);
  // Returns the PENDING sends of all instances, oldest first.
  absl::StatusOr<std::vector<MessageRow>> PendingMessages();
  // Returns how many sends are UNCONFIRMED.
  absl::StatusOr<std::int64_t> CountUnconfirmed();
  // Returns the conversation; when nothing is known it is empty but for its
  // ids.
  absl::StatusOr<ConversationRow> Conversation(std::int64_t channel_no,
                                               std::string_view user_id);

  // Returns the conversations of a channel, the one with the latest message
  // first; see ReadLatestConversations of conversation_table.h.
  absl::StatusOr<std::vector<ConversationRow>> LatestConversations(
      std::int64_t channel_no, std::int64_t last_seq, std::size_t limit);

  // These are ReadSends, ReadFirstSend and ReadLastSend of message_table.h.
  absl::StatusOr<std::vector<MessageRow>> Sends(const SendBounds& bounds);
  absl::StatusOr<std::int64_t> FirstSend();
  absl::StatusOr<std::int64_t> LastSend();
  // Returns the number of the first send that stands behind the event `seq` or
  // a later one; that of the next send when none does.
  absl::StatusOr<std::int64_t> FirstSendBehind(std::int64_t seq);

  // ---- The log
  // Returns the number of the oldest event that is kept; that of the next event
  // while none is.
  absl::StatusOr<std::int64_t> OldestSeq();
  // Returns the time at which the oldest event that is kept came, in ms since
  // the epoch; 0 without events.
  absl::StatusOr<std::int64_t> OldestEventMs();
  // Returns the first event that came at or after `time_ms`, as FirstSeqSince
  // of event_table.h does, and the oldest event that is kept, both from one
  // snapshot.
  struct Since {
    std::int64_t first_seq = 0;
    std::int64_t oldest_seq = 0;
  };
  absl::StatusOr<Since> EventsSince(std::int64_t time_ms,
                                    std::int64_t last_seq);
  // Returns the last event that came before `time_ms`, as LastSeqBefore of
  // event_table.h does.
  absl::StatusOr<std::int64_t> LastEventBefore(std::int64_t time_ms,
                                               std::int64_t last_seq);

  // Returns webhook deliveries, the newest first; see ReadDeliveries of
  // delivery_table.h.
  absl::StatusOr<std::vector<DeliveryRow>> Deliveries(std::int64_t before_no,
                                                      int limit);
  // Returns those of the deliveries that are kept, the newest first. It goes
  // through all deliveries until it has them, in many short snapshots, so it
  // may take a second for each million.
  absl::StatusOr<std::vector<DeliveryRow>> FindDeliveries(
      const std::vector<RawId>& ids);
  // Returns the items as received of a delivery; see ReadItemsOf of
  // delivery_table.h.
  absl::StatusOr<std::vector<ReceivedItem>> ItemsOf(std::int64_t delivery_no);

  // Returns whether an item has waited for its message for `grace_ms` by a
  // clock that shows `now_ms`, as Apply would judge it.
  absl::StatusOr<bool> HasDueWaiting(std::int64_t now_ms,
                                     std::int64_t grace_ms);

  // Returns the number of the last erasure that is due in this data folder's
  // files; 0 when none is.
  absl::StatusOr<std::int64_t> LastDueErasure();
  // Returns whether people were erased of whom rows still tell.
  absl::StatusOr<bool> HasForgetting();

  // ---- Data keys; see KeySource
  absl::StatusOr<std::optional<journal::DataKey>> FindKey(
      const seal::KeyScope& scope) override;
  absl::StatusOr<std::optional<journal::DataKey>> FindKeyById(
      std::int64_t id) override;

 private:
  sqlite::ReadPool& pool_;
  const RecentHeads& heads_;
};

}  // namespace linktor::state
