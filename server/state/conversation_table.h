// The table of conversations, and that of the calls to Instagram for each
// customer, which the quota counts. The Applier calls it on the applying
// thread, inside that thread's transaction; readers have a function of their
// own below. An error is the database's. All times are in ms since the epoch.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/statement.h"
#include "server/state/conversation_heads.h"
#include "server/state/log_state.h"
#include "server/state/rows.h"

namespace linktor::state {

// Calls to one customer are counted within so many milliseconds, an hour.
inline constexpr std::int64_t kQuotaPeriodMs = 60LL * 60 * 1000;

// A conversation has a row from the first time that something is known about
// it. The row is kept until its person is erased; calls are trimmed.
class ConversationTable {
 public:
  // `run_size` is explained at ConversationHeads. Both references must outlive
  // this.
  ConversationTable(sqlite::Database& database, RecentHeads& recent,
                    std::size_t run_size);

  // The Applier loads, settles and rolls it back, because part of it is in
  // memory.
  ConversationHeads& heads() { return heads_; }
  const ConversationHeads& heads() const { return heads_; }

  // Returns the conversation; when nothing is known it is empty but for its
  // ids.
  absl::StatusOr<ConversationRow> Find(std::int64_t channel_no,
                                       std::string_view user_id);
  // Sets since when the customer wants no messages; without a time the customer
  // has not opted out. It does not look at what was there.
  absl::Status SetOptOut(std::int64_t channel_no, std::string_view user_id,
                         std::optional<std::int64_t> time_ms);
  // A ChangeOfOwner is an event that says which app controls the conversation.
  struct ChangeOfOwner {
    std::int64_t seq = 0;
    // The control changed at this time; see policy::ActivityTime.
    std::int64_t time_ms = 0;
    // The event was received at this time, or appended, where that was later.
    std::int64_t receive_ms = 0;
  };
  // Notes the change. A later change that is known stays, unless it lies after
  // the time at which this event was received: then a clock was wrong when it
  // was written.
  absl::Status SetOwner(std::int64_t channel_no, std::string_view user_id,
                        const ChangeOfOwner& change);
  // Replaces the name, which is sealed for the customer's id.
  absl::Status SetUsername(std::int64_t channel_no, std::string_view user_id,
                           std::string_view sealed);

  // Forgets the conversation of a person who is erased, with its head. Returns
  // whether anything was known. Events are the caller's; see
  // ConversationHeads::Forget.
  absl::StatusOr<bool> Forget(std::int64_t channel_no,
                              std::string_view user_id);
  // Does the same with the first `limit` conversations of a channel, in the
  // order of their people's ids, after ConversationHeads::MoveChannel. Returns
  // how many there were.
  absl::StatusOr<std::size_t> ForgetChannel(std::int64_t channel_no,
                                            std::size_t limit);

  // Returns the time from which another call to the customer is allowed, when
  // `limit` calls were made within the hour before `now_ms`; nothing when one
  // is allowed now. `limit` is at least 1. Calls that are stamped later than
  // now, by a clock that was set back since, do not count.
  absl::StatusOr<std::optional<std::int64_t>> BlockedUntil(
      std::int64_t channel_no, std::string_view user_id, int limit,
      std::int64_t now_ms);
  // Counts a call to the customer, in the transaction that claims the send.
  // `state` numbers it and tells from when its age counts (expiry.h).
  absl::Status AddCall(std::int64_t channel_no, std::string_view user_id,
                       std::int64_t time_ms, LogState& state);
  // Forgets at most `limit` calls whose age began before `before_ms`, and
  // returns how many.
  absl::StatusOr<std::int64_t> TrimCalls(std::int64_t before_ms,
                                         std::int64_t limit);

 private:
  sqlite::Database& database_;
  ConversationHeads heads_;
  sqlite::Statement find_;
  sqlite::Statement set_opt_out_;
  sqlite::Statement set_owner_;
  sqlite::Statement set_username_;
  sqlite::Statement blocking_call_;
  sqlite::Statement add_call_;
  sqlite::Statement oldest_calls_;
};

// Forgets the calls whose keys `select` returns: channel_no, user_id, call_ms
// and no. It returns how many, and resets the statement.
absl::StatusOr<std::int64_t> RemoveCalls(sqlite::Database& database,
                                         sqlite::Statement& select);

// Returns the conversation as the table has it. It is for readers, on their own
// connection, who have asked RecentHeads before: what that has is newer.
absl::StatusOr<ConversationRow> ReadConversation(sqlite::Database& database,
                                                 std::int64_t channel_no,
                                                 std::string_view user_id);

// A HeadOfCustomer is one of the heads that are in memory.
using HeadOfCustomer = std::pair<std::string, ConversationHead>;

// Returns the conversations of a channel that have messages, the one with the
// latest message first: at most `limit`, and only those whose last message has
// at most the sequence `last_seq`. `recent` are all heads of the channel that
// are in memory, of which RecentHeads was asked before; they are newer than the
// table.
absl::StatusOr<std::vector<ConversationRow>> ReadLatestConversations(
    sqlite::Database& database, std::int64_t channel_no, std::int64_t last_seq,
    std::size_t limit, std::vector<HeadOfCustomer> recent);

}  // namespace linktor::state
