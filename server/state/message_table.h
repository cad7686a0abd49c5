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

class MessageTable {
 public:
  explicit MessageTable(Database& database);

  absl::StatusOr<std::optional<MessageRow>> FindById(std::string_view id);
  absl::StatusOr<std::optional<MessageRow>> FindByRequest(
      std::int64_t channel_no, std::string_view request_id);
  absl::StatusOr<std::optional<MessageRow>> FindByMid(std::string_view mid_key);
  // PENDING and UNCONFIRMED ones of a conversation, oldest claim first.
  absl::StatusOr<std::vector<MessageRow>> FindOpen(std::int64_t channel_no,
                                                   std::string_view user_id);

  // Stores the row with its content, and numbers both.
  absl::Status Insert(MessageRow& row, LogState& state);
  // Writes all but the identity of the row, its content and its error.
  absl::Status Update(const MessageRow& row);
  // Replaces the error; empty: there is none any more. Update follows.
  absl::Status SetError(MessageRow& row, std::string_view sealed_error,
                        LogState& state);

  absl::Status AddUnmatched(const UnmatchedEcho& echo);
  absl::Status RemoveUnmatched(std::string_view mid_key);
  // Returns the echoes of the conversation with that content.
  absl::StatusOr<std::vector<UnmatchedEcho>> FindUnmatched(
      std::int64_t channel_no, std::string_view user_id,
      std::string_view content_match);

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
  Statement open_;
  Statement insert_;
  Statement update_;
  Statement remove_content_;
  Statement add_unmatched_;
  Statement remove_unmatched_;
  Statement find_unmatched_;
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
