// The table of the sends that are made through this server, and that of the
// echoes that may belong to one. The Applier calls it on the applying thread,
// inside that thread's transaction; readers have functions of their own below.
// An error is the database's, and then the transaction is rolled back. All
// times are in ms since the epoch.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/statement.h"
#include "server/state/content_table.h"
#include "server/state/log_state.h"
#include "server/state/rows.h"

namespace linktor::state {

// An UnmatchedEcho is an echo that belongs to no send of this server so far.
struct UnmatchedEcho {
  // Its message.echoed event has this sequence.
  std::int64_t seq = 0;
  std::int64_t channel_no = 0;
  std::string user_id;
  // It is a keyed hash of the content; see Sealer::ContentMatch.
  std::string content_match;
  // It is Instagram's time of the echo, or the webhook's where there is none.
  std::int64_t echo_ms = 0;
  // Its age begins then (expiry.h). FirstUnmatched does not fill it in.
  std::int64_t born_ms = 0;
  std::string mid;
  RawId mid_key;
};

// A ContentKey is a customer and a content, which a send and its echo have in
// common. It borrows its strings.
struct ContentKey {
  std::int64_t channel_no = 0;
  std::string_view user_id;
  std::string_view content_match;
};

// An UnconfirmedSend is as much of an UNCONFIRMED send as decides whether an
// echo can be its own.
struct UnconfirmedSend {
  RawId id;
  std::int64_t claim_ms = 0;
};

// The row of a send is kept for good; its request id and the unmatched echoes
// are trimmed. The look-ups of sends that are not settled, and of echoes, read
// a bounded number of rows, however many there are to one customer: Apply asks
// them with every outcome and every echo.
class MessageTable {
 public:
  // `database` must outlive this.
  explicit MessageTable(sqlite::Database& database);

  // These return the send with its sealed content and error; nothing when there
  // is none. A request id that was trimmed is not found.
  absl::StatusOr<std::optional<MessageRow>> FindById(std::string_view id);
  absl::StatusOr<std::optional<MessageRow>> FindByRequest(
      std::int64_t channel_no, std::string_view request_id);
  absl::StatusOr<std::optional<MessageRow>> FindByMid(std::string_view mid_key);

  // Returns whether a send to the customer is PENDING. While one is, an unknown
  // echo is held.
  absl::StatusOr<bool> HasPending(std::int64_t channel_no,
                                  std::string_view user_id);
  // Returns whether one with that content is.
  absl::StatusOr<bool> HasPendingOf(const ContentKey& content);
  // Returns the last two UNCONFIRMED sends of that content that were claimed
  // from `from_ms` through `to_ms`, the latest first; fewer when there are no
  // two.
  absl::StatusOr<std::vector<UnconfirmedSend>> LastUnconfirmed(
      const ContentKey& content, std::int64_t from_ms, std::int64_t to_ms);
  // Returns the first time, from `from_ms` on, at which a send of that content
  // was claimed that is UNCONFIRMED; nothing when there is none.
  absl::StatusOr<std::optional<std::int64_t>> NextUnconfirmed(
      const ContentKey& content, std::int64_t from_ms);

  // Stores the row with its content, and numbers both: it sets `no` and
  // `content_no`, and counts them in `state`. It stores no error.
  absl::Status Insert(MessageRow& row, LogState& state);
  // These two find the row by its `no`. The first writes an attempt: its
  // number, state, times, caller and instance. The second writes what becomes
  // of it: the state, what settled it, the mid, the times that follow, and
  // where the content is that an echo would make of it. Both write where the
  // error is.
  absl::Status UpdateAttempt(const MessageRow& row);
  absl::Status Update(const MessageRow& row);
  // Returns how often these two were called. Nothing else changes a row while
  // an outcome is applied.
  std::int64_t updates() const { return updates_; }
  // Replaces the error in the row and among the contents; an empty one removes
  // it. One of the two updates must follow.
  absl::Status SetError(MessageRow& row, std::string_view sealed_error,
                        LogState& state);
  // Does the same with the content of the event that an echo would make of the
  // send, which is kept while the send is UNCONFIRMED. Update must follow.
  absl::Status SetSettled(MessageRow& row, std::string_view sealed_settled,
                          LogState& state);
  // Returns that content; empty when there is none.
  absl::StatusOr<std::string> FindSettled(const MessageRow& row);

  // Keeps an echo as one that may belong to a send, also to one that becomes
  // UNCONFIRMED later.
  absl::Status AddUnmatched(const UnmatchedEcho& echo);
  // Forgets the echo with that mid, because it is known whose it is. It is no
  // error when there is none.
  absl::Status RemoveUnmatched(std::string_view mid_key);
  // Returns the first two echoes of that content whose time is from `from_ms`
  // through `to_ms`; fewer when there are no two.
  absl::StatusOr<std::vector<UnmatchedEcho>> FirstUnmatched(
      const ContentKey& content, std::int64_t from_ms, std::int64_t to_ms);

  // Forgets request ids of ended sends whose latest attempt's age began before
  // `before_ms`, at most `limit`. Returns how many.
  absl::StatusOr<std::int64_t> TrimRequests(std::int64_t before_ms,
                                            std::int64_t limit);
  // Deletes the oldest sends, with their content, whose latest attempt's age
  // began before `before_ms`, at most `limit`. It stops at the first that is
  // younger, told of by an event that is kept, or has its request id, as a
  // PENDING one always has. An UNCONFIRMED one keeps its id until it goes.
  // Returns how many.
  absl::StatusOr<std::int64_t> TrimEnded(std::int64_t before_ms,
                                         std::int64_t limit, LogState& state);
  // Forgets unmatched echoes whose age began before `before_ms`, at most
  // `limit`. Returns how many.
  absl::StatusOr<std::int64_t> TrimUnmatched(std::int64_t before_ms,
                                             std::int64_t limit);

 private:
  // Removes the content of that number, stores `sealed` unless it is empty, and
  // sets the number.
  absl::Status ReplaceContent(std::int64_t& no, std::string_view sealed,
                              LogState& state);

  ContentTable contents_;
  sqlite::Statement by_id_;
  sqlite::Statement by_request_;
  sqlite::Statement by_mid_;
  sqlite::Statement has_pending_;
  sqlite::Statement has_pending_of_;
  sqlite::Statement last_unconfirmed_;
  sqlite::Statement next_unconfirmed_;
  sqlite::Statement insert_;
  sqlite::Statement update_attempt_;
  sqlite::Statement update_;
  sqlite::Statement find_content_;
  sqlite::Statement remove_content_;
  sqlite::Statement add_unmatched_;
  sqlite::Statement remove_unmatched_;
  sqlite::Statement first_unmatched_;
  sqlite::Statement trim_requests_;
  sqlite::Statement trim_unmatched_;
  sqlite::Statement oldest_;
  sqlite::Statement remove_;
  std::int64_t updates_ = 0;
};

// ---- For readers, on their own connection -----------------------------------

// Returns the send of that id; nothing when there is none. The id may also be
// that of an echo which turned out to be this send's, so it is looked up as a
// message id and as a mid.
absl::StatusOr<std::optional<MessageRow>> ReadMessageById(
    sqlite::Database& database, std::string_view id);
// Returns the send of that request id; nothing when there is none, or when the
// request id was trimmed.
absl::StatusOr<std::optional<MessageRow>> ReadMessageByRequest(
    sqlite::Database& database, std::int64_t channel_no,
    std::string_view request_id);

// Returns the sends within the bounds, in the order of their numbers or in its
// reverse, with their content still sealed.
absl::StatusOr<std::vector<MessageRow>> ReadSends(sqlite::Database& database,
                                                  const SendBounds& bounds);
// Returns the number of the first send whose after_seq is at least `seq`; that
// of the next send when there is none.
absl::StatusOr<std::int64_t> ReadFirstSendBehind(sqlite::Database& database,
                                                 std::int64_t seq);
// Returns the number of the first send that is kept; that of the next send when
// none is.
absl::StatusOr<std::int64_t> ReadFirstSend(sqlite::Database& database);
// Returns the number of the last send; 0 when there was none.
absl::StatusOr<std::int64_t> ReadLastSend(sqlite::Database& database);

// Returns the PENDING sends of all conversations, oldest first.
absl::StatusOr<std::vector<MessageRow>> FindPending(sqlite::Database& database);

// Returns how many sends are UNCONFIRMED, but for those whose person was
// erased.
absl::StatusOr<std::int64_t> CountUnconfirmed(sqlite::Database& database);

}  // namespace linktor::state
