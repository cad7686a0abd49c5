// This file has two tables: the conversations, and the calls to Instagram for
// each customer, which the quota counts. The Applier (applier.h) calls
// ConversationTable on the applying thread (the only thread that writes the
// database), inside that thread's transaction. Readers call the functions at
// the end of this file. Every error comes from the database. All times are in
// ms since the epoch.

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

// The quota counts the calls to one customer within this many milliseconds,
// which is an hour.
inline constexpr std::int64_t kQuotaPeriodMs = 60LL * 60 * 1000;

// A conversation is one customer of one channel. At first its head may be only
// in memory (conversation_heads.h), and the row is written later. The row is
// kept until the person is erased. Calls are deleted when they are old.
class ConversationTable {
 public:
  // ConversationHeads explains `run_size`. `database` and `recent` must outlive
  // this object.
  ConversationTable(sqlite::Database& database, RecentHeads& recent,
                    std::size_t run_size);

  // Returns the heads of the conversations. Some heads are only in memory. So
  // the Applier calls ConversationHeads::Load at the start, Settle before a
  // commit, and Restore after a rollback.
  ConversationHeads& heads() { return heads_; }
  const ConversationHeads& heads() const { return heads_; }

  // Returns the conversation. When nothing is known of it, only its ids are
  // set.
  absl::StatusOr<ConversationRow> Find(std::int64_t channel_no,
                                       std::string_view user_id);
  // Sets the time since which the customer wants no messages. The time nullopt
  // means that the customer has not opted out. SetOptOut replaces the stored
  // time in every case.
  absl::Status SetOptOut(std::int64_t channel_no, std::string_view user_id,
                         std::optional<std::int64_t> time_ms);
  // A ChangeOfOwner is an event that says which app controls the conversation.
  struct ChangeOfOwner {
    std::int64_t seq = 0;
    // The control changed at this time; see policy::ActivityTime.
    std::int64_t time_ms = 0;
    // The event was received at this time. For an event that a Redrive
    // (redrive_table.h) made later, it is the time of the Redrive.
    std::int64_t receive_ms = 0;
  };
  // Stores the change, unless a later change is known. There is one exception:
  // when the known change lies after `receive_ms` of this event, a wrong clock
  // wrote it, and this change replaces it.
  absl::Status SetOwner(std::int64_t channel_no, std::string_view user_id,
                        const ChangeOfOwner& change);
  // Replaces the user name. It is sealed (encrypted) together with the
  // customer's id: it can be opened only with the same id.
  absl::Status SetUsername(std::int64_t channel_no, std::string_view user_id,
                           std::string_view sealed);

  // Deletes the conversation of a person who is erased, and forgets its head.
  // Returns whether anything was known of the person. The caller removes the
  // person from the events; see ConversationHeads::Forget.
  absl::StatusOr<bool> Forget(std::int64_t channel_no,
                              std::string_view user_id);
  // Forgets the first `limit` conversations of a channel, in the order of their
  // customers' ids. ConversationHeads::MoveChannel must have been called
  // before. Returns how many it has forgotten.
  absl::StatusOr<std::size_t> ForgetChannel(std::int64_t channel_no,
                                            std::size_t limit);

  // Returns nullopt when another call to the customer is allowed now. When
  // `limit` calls were made within the hour before `now_ms`, it returns the
  // time from which another call is allowed. `limit` is at least 1. Calls with
  // a time after `now_ms` do not count: they were written before a clock was
  // set back.
  absl::StatusOr<std::optional<std::int64_t>> BlockedUntil(
      std::int64_t channel_no, std::string_view user_id, int limit,
      std::int64_t now_ms);
  // Counts a call to the customer, in the transaction that claims the send.
  // `state` gives the call a number, and says when the call's age begins
  // (expiry.h).
  absl::Status AddCall(std::int64_t channel_no, std::string_view user_id,
                       std::int64_t time_ms, LogState& state);
  // Deletes at most `limit` calls whose age began before `before_ms`, and
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

// Deletes the calls whose primary keys `select` returns: channel_no, user_id,
// call_ms and no. It returns how many calls it has deleted, and resets the
// statement.
absl::StatusOr<std::int64_t> RemoveCalls(sqlite::Database& database,
                                         sqlite::Statement& select);

// Returns the conversation as the table has it. Readers call it on their own
// connection. They must have asked RecentHeads before, because a head in memory
// is newer than the table.
absl::StatusOr<ConversationRow> ReadConversation(sqlite::Database& database,
                                                 std::int64_t channel_no,
                                                 std::string_view user_id);

// A HeadOfCustomer is a head that is in memory, with the id of its customer.
using HeadOfCustomer = std::pair<std::string, ConversationHead>;

// Returns the conversations of a channel that have messages. The conversation
// with the latest message comes first. It returns at most `limit`
// conversations, and only conversations whose last message has a sequence that
// is not above `last_seq`. `recent` has all heads of the channel that are in
// memory. The caller must have asked RecentHeads for them before its snapshot
// began. These heads are newer than the table.
absl::StatusOr<std::vector<ConversationRow>> ReadLatestConversations(
    sqlite::Database& database, std::int64_t channel_no, std::int64_t last_seq,
    std::size_t limit, std::vector<HeadOfCustomer> recent);

}  // namespace linktor::state
