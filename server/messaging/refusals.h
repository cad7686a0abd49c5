// These are the errors of sends that are refused before Instagram is asked. The
// Sender and the early refusal put Apply's decisions into words with them. They
// are pure: no clock, no disk, any thread. All times are in ms since the epoch.

#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "server/journal/record.pb.h"
#include "server/state/effects.h"

namespace linktor::messaging {

// Returns the error for an answer that refuses `claim`: one of those below, or
// INVALID_ARGUMENT with REQUEST_ID_REUSED. `now_ms` is the time of the claim's
// record. `answer` must not be kClaimed, kEnded or kInFlight, which refuse
// nothing; they give INTERNAL.
absl::Status RefusalOf(const state::ClaimAnswer& answer,
                       const journal::Claim& claim, std::int64_t now_ms);

// Returns NOT_FOUND with CHANNEL_NOT_FOUND, for a channel that was there when
// the send was accepted.
absl::Status ChannelDeleted(std::string_view channel_id);

// Returns FAILED_PRECONDITION with OUTSIDE_MESSAGING_WINDOW. Its metadata are
// window_close_time, and human_agent_close_time while that tag could still be
// used.
absl::Status WindowClosed(std::int64_t last_inbound_ms, std::int64_t now_ms);
// Returns FAILED_PRECONDITION with HUMAN_AGENT_WINDOW_CLOSED and
// window_close_time, the end of the 7 days.
absl::Status HumanAgentWindowClosed(std::int64_t last_inbound_ms);
// Returns FAILED_PRECONDITION with USER_HAS_NOT_WRITTEN.
absl::Status NeverWritten();
// Returns FAILED_PRECONDITION with RECIPIENT_OPTED_OUT and opt_out_time.
absl::Status OptedOut(std::int64_t opt_out_ms);
// Returns RESOURCE_EXHAUSTED with RATE_LIMITED, a QuotaFailure, and the delay
// until `free_ms`. `limit` counts messages to one customer within an hour.
absl::Status QuotaExceeded(std::string_view user_id, int limit,
                           std::int64_t now_ms, std::int64_t free_ms);

}  // namespace linktor::messaging
