// Why a send is refused before Instagram is asked. Pure.

#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "server/journal/record.pb.h"
#include "server/state/effects.h"

namespace linktor {

// Puts an answer that refuses `claim` into words; `now_ms` is the time of the
// claim's record. `answer` must not be kClaimed, kEnded or kInFlight.
absl::Status RefusalOf(const ClaimAnswer& answer, const journal::Claim& claim,
                       std::int64_t now_ms);

// CHANNEL_NOT_FOUND: the channel was there when the send was accepted.
absl::Status ChannelDeleted(std::string_view channel_id);

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
