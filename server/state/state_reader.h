// A StateReader reads the state (the database tables) in the terms of the
// domain. All parts of the server that do not write the state use it. Each call
// reads one snapshot of the last commit, unless it says otherwise. A call
// blocks on the disk, and for a moment longer while the writer pauses all
// readers (sqlite/read_pool.h). So it is called on the executor
// (base/executor.h), or at the start. It is thread-safe. Every error comes from
// the database.

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
  // `pool` and `heads` must outlive this object.
  StateReader(sqlite::ReadPool& pool, const RecentHeads& heads)
      : pool_(pool), heads_(heads) {}

  // ---- Channels and API keys
  // Returns all live channels, sorted by id. Views of the feed load the
  // channels and the API keys from here at the start.
  absl::StatusOr<std::vector<ChannelRow>> LiveChannels();
  // Returns whether a channel with that id was deleted so lately that its
  // events may still be stored.
  absl::StatusOr<bool> MayHaveStoredEvents(std::string_view channel_id);
  // Returns the numbers of all channels that have or had that id, in ascending
  // order. There are several when an id was used again.
  absl::StatusOr<std::vector<std::int64_t>> ChannelNumbers(
      std::string_view channel_id);
  // Returns all API keys, sorted by id.
  absl::StatusOr<std::vector<ApiKeyRow>> ApiKeys();

  // ---- Messages and conversations
  // These two return a send; nullopt when there is none. `id` is a message id.
  // It may also be the message id that the send's echo had before the server
  // knew that the echo belongs to the send. A request id is found for at least
  // 7 days.
  absl::StatusOr<std::optional<MessageRow>> MessageById(std::string_view id);
  absl::StatusOr<std::optional<MessageRow>> MessageByRequest(
      std::int64_t channel_no, std::string_view request_id);
  // Returns the PENDING sends of all instances (data folders), oldest first.
  absl::StatusOr<std::vector<MessageRow>> PendingMessages();
  // Returns how many sends are UNCONFIRMED, without the sends to people who
  // were erased.
  absl::StatusOr<std::int64_t> CountUnconfirmed();
  // Returns the conversation. When nothing is known of it, only its ids are
  // set.
  absl::StatusOr<ConversationRow> Conversation(std::int64_t channel_no,
                                               std::string_view user_id);

  // Returns the conversations of a channel, the one with the latest message
  // first; see ReadLatestConversations of conversation_table.h.
  absl::StatusOr<std::vector<ConversationRow>> LatestConversations(
      std::int64_t channel_no, std::int64_t last_seq, std::size_t limit);

  // These call ReadSends, ReadFirstSend and ReadLastSend of message_table.h.
  absl::StatusOr<std::vector<MessageRow>> Sends(const SendBounds& bounds);
  absl::StatusOr<std::int64_t> FirstSend();
  absl::StatusOr<std::int64_t> LastSend();
  // Returns the number of the first send whose MessageRow::after_seq is at
  // least `seq`. When there is none, it returns the number that the next send
  // will have.
  absl::StatusOr<std::int64_t> FirstSendBehind(std::int64_t seq);

  // ---- The log
  // Returns the sequence of the oldest event that is kept. While none is kept,
  // it returns the sequence that the next event will have.
  absl::StatusOr<std::int64_t> OldestSeq();
  // Returns the time at which the oldest event that is kept came, in ms since
  // the epoch; 0 without events.
  absl::StatusOr<std::int64_t> OldestEventMs();
  // Returns the first event that came at or after `time_ms`, as FirstSeqSince
  // of event_table.h does, and the oldest event that is kept. Both are from one
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
  // Returns the deliveries with these ids that are still kept, the newest
  // first. It goes through all deliveries until it has found them, so it may
  // take a second for each million deliveries. It uses many short snapshots,
  // because one long snapshot would hold up the writer.
  absl::StatusOr<std::vector<DeliveryRow>> FindDeliveries(
      const std::vector<RawId>& ids);
  // Returns the items as received of a delivery; see ReadItemsOf of
  // delivery_table.h.
  absl::StatusOr<std::vector<ReceivedItem>> ItemsOf(std::int64_t delivery_no);

  // Returns whether an item has waited for its message for `grace_ms`, by a
  // clock that shows `now_ms` (in ms since the epoch). It judges this as Apply
  // would (waiting_item_table.h).
  absl::StatusOr<bool> HasDueWaiting(std::int64_t now_ms,
                                     std::int64_t grace_ms);

  // Returns the number of the last erasure that this data folder must still
  // carry out in its files; 0 when there is none.
  absl::StatusOr<std::int64_t> LastDueErasure();
  // Returns whether some rows still name people who were erased
  // (forgetting_table.h).
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
