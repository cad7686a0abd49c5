// Sends made through this server, and echoes that may belong to one.
// Used by the writer thread inside its transaction; readers have functions of
// their own below.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/records.h"
#include "server/store/sqlite.h"

namespace linktor {

// An echo of text that belongs to no send of ours so far.
struct UnmatchedEcho {
  std::int64_t seq = 0;
  std::int64_t echo_ms = 0;
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

  absl::Status Insert(const MessageRow& row);
  // Writes all but the identity of the row.
  absl::Status Update(const MessageRow& row);

  absl::Status AddUnmatched(const WebhookItem& item, const UnmatchedEcho& echo,
                            std::int64_t log_ms);
  absl::Status RemoveUnmatched(std::string_view mid_key);
  // Those of the conversation with that text.
  absl::StatusOr<std::vector<UnmatchedEcho>> FindUnmatched(
      std::int64_t channel_no, std::string_view user_id,
      std::string_view content_match);

  // Forgets request ids of ended sends created before `before_ms`.
  absl::StatusOr<std::int64_t> TrimRequests(std::int64_t before_ms,
                                            std::int64_t limit);
  absl::StatusOr<std::int64_t> TrimUnmatched(std::int64_t before_ms,
                                             std::int64_t limit);

 private:
  Database& database_;
  Statement by_id_;
  Statement by_request_;
  Statement by_mid_;
  Statement open_;
  Statement insert_;
  Statement update_;
  Statement add_unmatched_;
  Statement remove_unmatched_;
  Statement find_unmatched_;
};

// For readers, on their own connection. A message id may also be that of an
// echo which turned out to be this send's: `id` is looked up as both.
absl::StatusOr<std::optional<MessageRow>> ReadMessageById(Database& database,
                                                          std::string_view id);
absl::StatusOr<std::optional<MessageRow>> ReadMessageByRequest(
    Database& database, std::int64_t channel_no, std::string_view request_id);

// PENDING sends of all conversations: those of a process that has died.
absl::StatusOr<std::vector<MessageRow>> FindPending(Database& database);

// Returns how many sends are UNCONFIRMED.
absl::StatusOr<std::int64_t> CountUnconfirmed(Database& database);

}  // namespace linktor
