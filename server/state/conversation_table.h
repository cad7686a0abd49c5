// What is known of conversations, and the calls made to each customer.
// Used by the writer thread inside its transaction; readers have a function of
// their own below.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/statement.h"
#include "server/state/log_state.h"
#include "server/state/rows.h"

namespace linktor {

// The hour within which calls to one customer are counted.
inline constexpr std::int64_t kQuotaPeriodMs = 60LL * 60 * 1000;

class ConversationTable {
 public:
  explicit ConversationTable(Database& database);

  // Empty but for its ids when nothing is known.
  absl::StatusOr<ConversationRow> Find(std::int64_t channel_no,
                                       std::string_view user_id);
  // The customer has done something at `time_ms` that opens the window,
  // received at `receive_ms`. A later time that is known stays, unless it lies
  // after `receive_ms`: then a clock was wrong when it was written.
  absl::Status AdvanceLastInbound(std::int64_t channel_no,
                                  std::string_view user_id,
                                  std::int64_t time_ms,
                                  std::int64_t receive_ms);
  // Without a time the customer has not opted out.
  absl::Status SetOptOut(std::int64_t channel_no, std::string_view user_id,
                         std::optional<std::int64_t> time_ms);
  absl::Status SetUsername(std::int64_t channel_no, std::string_view user_id,
                           std::string_view sealed);

  // When another call to the customer is allowed, if `limit` calls were made
  // within the hour before `now_ms`; nothing when one is allowed now. Calls
  // stamped later than now, by a clock that was set back since, do not count.
  absl::StatusOr<std::optional<std::int64_t>> BlockedUntil(
      std::int64_t channel_no, std::string_view user_id, int limit,
      std::int64_t now_ms);
  absl::Status AddCall(std::int64_t channel_no, std::string_view user_id,
                       std::int64_t time_ms, LogState& state);
  // Forgets at most `limit` calls whose age began before `before_ms`.
  absl::StatusOr<std::int64_t> TrimCalls(std::int64_t before_ms,
                                         std::int64_t limit);

 private:
  Statement find_;
  Statement advance_last_inbound_;
  Statement set_opt_out_;
  Statement set_username_;
  Statement blocking_call_;
  Statement add_call_;
  Statement trim_calls_;
};

// For readers, on their own connection.
absl::StatusOr<ConversationRow> ReadConversation(Database& database,
                                                 std::int64_t channel_no,
                                                 std::string_view user_id);

}  // namespace linktor
