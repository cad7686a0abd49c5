// Sends made through this server, and echoes that may belong to one.
// Used by the writer thread inside its transaction; readers have functions of
// their own below.

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

namespace linktor {

// An echo that belongs to no send of ours so far.
struct UnmatchedEcho {
  std::int64_t seq = 0;
  std::int64_t channel_no = 0;
  std::string user_id;
  std::string content_match;
  std::int64_t echo_ms = 0;
  std::int64_t born_ms = 0;
  std::string mid;
  RawId mid_key;
};

// A customer and a content: what a send and its echo have in common. It borrows
// what it names.
struct ContentKey {
  std::int64_t channel_no = 0;
  std::string_view user_id;
  std::string_view content_match;
};

// An UNCONFIRMED send, as far as an echo must know it.
struct UnconfirmedSend {
  RawId id;
  std::int64_t claim_ms = 0;
};

// The look-ups of sends that are not settled, and of echoes, read a bounded
// number of rows, however many there are to one customer: Apply asks them with
// every outcome and every echo.
class MessageTable {
 public:
  explicit MessageTable(Database& database);

  absl::StatusOr<std::optional<MessageRow>> FindById(std::string_view id);
  absl::StatusOr<std::optional<MessageRow>> FindByRequest(
      std::int64_t channel_no, std::string_view request_id);
  absl::StatusOr<std::optional<MessageRow>> FindByMid(std::string_view mid_key);

  // Whether a send to the customer is PENDING.
  absl::StatusOr<bool> HasPending(std::int64_t channel_no,
                                  std::string_view user_id);
  // The same, of that content.
  absl::StatusOr<bool> HasPendingOf(const ContentKey& content);
  // Returns the last two UNCONFIRMED sends of that content that were claimed
  // from `from_ms` through `to_ms`, the latest first; fewer when there are no
  // two.
  absl::StatusOr<std::vector<UnconfirmedSend>> LastUnconfirmed(
      const ContentKey& content, std::int64_t from_ms, std::int64_t to_ms);
  // Returns when the first UNCONFIRMED send of that content was claimed that
  // was not claimed before `from_ms`.
  absl::StatusOr<std::optional<std::int64_t>> NextUnconfirmed(
      const ContentKey& content, std::int64_t from_ms);

  // Stores the row with its content, and numbers both.
  absl::Status Insert(MessageRow& row, LogState& state);
  // Writes all but the identity of the row, its content and its error.
  absl::Status Update(const MessageRow& row);
  // Replaces the error; empty: there is none any more. Update follows.
  absl::Status SetError(MessageRow& row, std::string_view sealed_error,
                        LogState& state);

  absl::Status AddUnmatched(const UnmatchedEcho& echo);
  absl::Status RemoveUnmatched(std::string_view mid_key);
  // Returns the first two echoes of that content whose time is from `from_ms`
  // through `to_ms`; fewer when there are no two.
  absl::StatusOr<std::vector<UnmatchedEcho>> FirstUnmatched(
      const ContentKey& content, std::int64_t from_ms, std::int64_t to_ms);

  // Forgets request ids of ended sends whose latest attempt's age began before
  // `before_ms`, at most `limit`. Returns how many.
  absl::StatusOr<std::int64_t> TrimRequests(std::int64_t before_ms,
                                            std::int64_t limit);
  absl::StatusOr<std::int64_t> TrimUnmatched(std::int64_t before_ms,
                                             std::int64_t limit);

 private:
  ContentTable contents_;
  Statement by_id_;
  Statement by_request_;
  Statement by_mid_;
  Statement has_pending_;
  Statement has_pending_of_;
  Statement last_unconfirmed_;
  Statement next_unconfirmed_;
  Statement insert_;
  Statement update_;
  Statement remove_content_;
  Statement add_unmatched_;
  Statement remove_unmatched_;
  Statement first_unmatched_;
  Statement trim_requests_;
  Statement trim_unmatched_;
};

// ---- For readers, on their own connection -----------------------------------

// A message id may also be that of an echo which turned out to be this send's:
// `id` is looked up as both.
absl::StatusOr<std::optional<MessageRow>> ReadMessageById(Database& database,
                                                          std::string_view id);
absl::StatusOr<std::optional<MessageRow>> ReadMessageByRequest(
    Database& database, std::int64_t channel_no, std::string_view request_id);

// PENDING sends of all conversations, oldest first.
absl::StatusOr<std::vector<MessageRow>> FindPending(Database& database);

// Returns how many sends are UNCONFIRMED.
absl::StatusOr<std::int64_t> CountUnconfirmed(Database& database);

}  // namespace linktor
