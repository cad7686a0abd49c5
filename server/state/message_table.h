// This file has two tables: the sends and the unmatched echoes. A send is a
// message that a caller sends, or tries to send, through this server. Each
// attempt begins with a claim, the record that asks for the right to send the
// message. An echo is Instagram's webhook about a message that the account has
// sent. An echo is unmatched while the server does not know that it belongs to
// a send. Either somebody sent its message from elsewhere, for example in the
// Instagram app. Or the echo belongs to a send that is UNCONFIRMED, so that the
// server does not know its mid (Instagram's id of the message).
//
// The Applier (applier.h) calls MessageTable on the applying thread (the only
// thread that writes the database), inside that thread's transaction. Readers
// call the functions at the end of this file. Every error comes from the
// database, and then the transaction is rolled back. All times are in ms since
// the epoch.

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

// An UnmatchedEcho is a row of the unmatched echoes.
struct UnmatchedEcho {
  // This is the sequence of the echo's message.echoed event.
  std::int64_t seq = 0;
  std::int64_t channel_no = 0;
  std::string user_id;
  // It is a keyed hash of the echo's content. A send of the same content to the
  // same customer has the same hash; see Sealer::ContentMatch.
  std::string content_match;
  // This is Instagram's time of the echo. When Instagram gave no time, it is
  // the time of the webhook's record.
  std::int64_t echo_ms = 0;
  // The age of the row begins at this time (expiry.h). FirstUnmatched does not
  // fill this field in.
  std::int64_t born_ms = 0;
  // `mid_key` is a hash of the channel and the mid; see MidKey (identity.h).
  std::string mid;
  RawId mid_key;
};

// A ContentKey names a customer and a content. A send and its echo have equal
// ContentKeys. A ContentKey borrows its strings, so the strings must outlive
// it.
struct ContentKey {
  std::int64_t channel_no = 0;
  std::string_view user_id;
  std::string_view content_match;
};

// An UnconfirmedSend has the id of an UNCONFIRMED send, and the time at which
// its latest attempt was claimed. This time decides which echoes can belong to
// the send.
struct UnconfirmedSend {
  RawId id;
  std::int64_t claim_ms = 0;
};

// The row of a send is kept until TrimEnded deletes it. TrimRequests may remove
// the request id from the row earlier. TrimUnmatched deletes unmatched echoes,
// which are kept only for minutes. Apply looks for PENDING sends, for
// UNCONFIRMED sends and for unmatched echoes with every outcome of a send and
// with every echo. So each of these look-ups reads a bounded number of rows,
// even when one customer has very many.
class MessageTable {
 public:
  // `database` must outlive this object.
  explicit MessageTable(sqlite::Database& database);

  // These three return the send with its sealed (encrypted) content and error.
  // They return nullopt when there is no such send. A request id that
  // TrimRequests has removed is not found.
  absl::StatusOr<std::optional<MessageRow>> FindById(std::string_view id);
  absl::StatusOr<std::optional<MessageRow>> FindByRequest(
      std::int64_t channel_no, std::string_view request_id);
  absl::StatusOr<std::optional<MessageRow>> FindByMid(std::string_view mid_key);

  // Returns whether a send to the customer is PENDING. While a send to the
  // customer is PENDING, an echo with an unknown mid is held
  // (held_echo_table.h).
  absl::StatusOr<bool> HasPending(std::int64_t channel_no,
                                  std::string_view user_id);
  // Returns whether a send of that content to that customer is PENDING.
  absl::StatusOr<bool> HasPendingOf(const ContentKey& content);
  // Looks at the UNCONFIRMED sends of that content that were claimed from
  // `from_ms` through `to_ms` (both included). Returns the last two of them,
  // the latest first. It returns fewer when there are fewer. Two are enough to
  // show that an echo has more than one candidate.
  absl::StatusOr<std::vector<UnconfirmedSend>> LastUnconfirmed(
      const ContentKey& content, std::int64_t from_ms, std::int64_t to_ms);
  // Looks at the UNCONFIRMED sends of that content that were claimed at or
  // after `from_ms`. Returns the earliest time at which one of them was
  // claimed; nullopt when there is none.
  absl::StatusOr<std::optional<std::int64_t>> NextUnconfirmed(
      const ContentKey& content, std::int64_t from_ms);

  // Stores a new send and its content, but no error. It gives a number to the
  // row and a number to the content: it sets `no` and `content_no` in `row`.
  // `state` counts both numbers.
  absl::Status Insert(MessageRow& row, LogState& state);
  // UpdateAttempt and Update change the row that has the number `no`.
  // UpdateAttempt is called when a FAILED send is tried again. It writes the
  // new attempt: its number, state, times, API key and process. Update writes
  // how the attempt ends, and what becomes known later: the state, what settled
  // it, the mid, the times and `settled_no`. Both write `error_no`. There are
  // two functions, because SQLite rewrites the index entries of every column
  // that a statement names, even when the value stays the same.
  absl::Status UpdateAttempt(const MessageRow& row);
  absl::Status Update(const MessageRow& row);
  // Returns how often UpdateAttempt and Update were called. While Apply applies
  // an outcome, no other function changes a row of this table. So Apply sees by
  // this number whether it must read the row again.
  std::int64_t updates() const { return updates_; }
  // Replaces the error of the send in the table of contents (content_table.h),
  // and sets `sealed_error` and `error_no` in `row`. An empty `sealed_error`
  // removes the error. The caller must then call Update or UpdateAttempt, which
  // writes `error_no` to the table.
  absl::Status SetError(MessageRow& row, std::string_view sealed_error,
                        LogState& state);
  // Replaces the settled content of the send in the same way, and sets
  // `settled_no` in `row`. The settled content is kept while the send is
  // UNCONFIRMED. It is the sealed content of the event that Apply makes when an
  // echo shows that the send was sent (message_event.h). The caller must then
  // call Update, which writes `settled_no` to the table.
  absl::Status SetSettled(MessageRow& row, std::string_view sealed_settled,
                          LogState& state);
  // Returns the settled content; it is empty when there is none.
  absl::StatusOr<std::string> FindSettled(const MessageRow& row);

  // Stores an unmatched echo. It may settle a send that is UNCONFIRMED, or a
  // send that becomes UNCONFIRMED later.
  absl::Status AddUnmatched(const UnmatchedEcho& echo);
  // Deletes the unmatched echo with that mid, because now the server knows to
  // which send it belongs. It is no error when there is no such echo.
  absl::Status RemoveUnmatched(std::string_view mid_key);
  // Returns the first two unmatched echoes of that content whose time is from
  // `from_ms` through `to_ms` (both included), the earliest first. It returns
  // fewer when there are fewer.
  absl::StatusOr<std::vector<UnmatchedEcho>> FirstUnmatched(
      const ContentKey& content, std::int64_t from_ms, std::int64_t to_ms);

  // Removes the request ids of at most `limit` sends, the oldest first. It
  // takes only sends that are neither PENDING nor UNCONFIRMED. The age
  // (expiry.h) of their latest attempt must have begun before `before_ms`.
  // Returns how many it has removed.
  absl::StatusOr<std::int64_t> TrimRequests(std::int64_t before_ms,
                                            std::int64_t limit);
  // Deletes at most `limit` sends with their contents, from the oldest on, and
  // returns how many it has deleted. It stops at the first send that must stay.
  // A send must stay in each of these cases:
  // - the age of its latest attempt began at or after `before_ms`;
  // - an event that is kept tells of it, because an erasure finds this event by
  //   the send;
  // - it is not UNCONFIRMED and still has its request id. So a PENDING send
  //   always stays, because TrimRequests leaves its request id.
  absl::StatusOr<std::int64_t> TrimEnded(std::int64_t before_ms,
                                         std::int64_t limit, LogState& state);
  // Deletes at most `limit` unmatched echoes whose age began before
  // `before_ms`, the oldest first. Returns how many it has deleted.
  absl::StatusOr<std::int64_t> TrimUnmatched(std::int64_t before_ms,
                                             std::int64_t limit);

 private:
  // Deletes the content with the number `no`, unless `no` is 0. Then it stores
  // `sealed` as a new content, and sets `no` to the number of this content.
  // When `sealed` is empty, it stores nothing and sets `no` to 0.
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

// Returns the send with that message id; nullopt when there is none. It also
// finds a send by its mid key (identity.h). An echo that is not known to belong
// to a send is a message of its own, which has the mid key as its message id.
// When the echo turns out to belong to a send, callers may still use that id.
absl::StatusOr<std::optional<MessageRow>> ReadMessageById(
    sqlite::Database& database, std::string_view id);
// Returns the send with that request id; nullopt when there is none, or when
// TrimRequests has removed the request id.
absl::StatusOr<std::optional<MessageRow>> ReadMessageByRequest(
    sqlite::Database& database, std::int64_t channel_no,
    std::string_view request_id);

// Returns the sends within the bounds, in the order of their numbers. With
// `newest_first` the greatest number comes first. The contents are still
// sealed.
absl::StatusOr<std::vector<MessageRow>> ReadSends(sqlite::Database& database,
                                                  const SendBounds& bounds);
// Returns the number of the first send whose MessageRow::after_seq is at least
// `seq`. When there is none, it returns the number that the next send will
// have.
absl::StatusOr<std::int64_t> ReadFirstSendBehind(sqlite::Database& database,
                                                 std::int64_t seq);
// Returns the number of the first send that is kept. While none is kept, it
// returns the number that the next send will have.
absl::StatusOr<std::int64_t> ReadFirstSend(sqlite::Database& database);
// Returns the number of the last send, which may be deleted by now. It returns
// 0 when there was none.
absl::StatusOr<std::int64_t> ReadLastSend(sqlite::Database& database);

// Returns the PENDING sends of all conversations, the oldest first.
absl::StatusOr<std::vector<MessageRow>> FindPending(sqlite::Database& database);

// Returns how many sends are UNCONFIRMED. It does not count sends to people who
// were erased, because nothing can settle such a send any more.
absl::StatusOr<std::int64_t> CountUnconfirmed(sqlite::Database& database);

}  // namespace linktor::state
