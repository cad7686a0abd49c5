// Why a send is refused before Instagram is asked. Pure.

#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace linktor {

// OUTSIDE_MESSAGING_WINDOW; metadata window_close_time, and
// human_agent_close_time while that tag could still be used.
absl::Status WindowClosed(std::int64_t last_inbound_ms, std::int64_t now_ms);
// HUMAN_AGENT_WINDOW_CLOSED.
absl::Status HumanAgentWindowClosed(std::int64_t last_inbound_ms);
// USER_HAS_NOT_WRITTEN.
absl::Status NeverWritten();
// RECIPIENT_OPTED_OUT.
absl::Status OptedOut(std::int64_t opt_out_ms);
// RATE_LIMITED, with QuotaFailure and the delay until `free_ms`.
absl::Status QuotaExceeded(std::string_view user_id, int limit,
                           std::int64_t now_ms, std::int64_t free_ms);

}  // namespace linktor
