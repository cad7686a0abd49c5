// These functions make the errors of sends that are refused before Instagram is
// called. The Sender and RefusedEarly (early_refusal.h) use them to put a
// decision of Apply (state/applier.h) into words. The functions are pure: they
// use no clock and no disk, and any thread may call them. All times are in ms
// since the epoch.

#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "server/journal/record.pb.h"
#include "server/state/effects.h"

namespace linktor::messaging {

// Returns the error for an answer that refuses `claim`. A claim is the journal
// record that asks for the right to send a message. The error is one of the
// errors below, or one of these two: INVALID_ARGUMENT with REQUEST_ID_REUSED,
// or RESOURCE_EXHAUSTED with OVERLOADED. OVERLOADED means that the customer was
// erased at the same moment. `now_ms` is the time of the claim's record.
// `answer` must not be kClaimed, kEnded or kInFlight, which refuse nothing: for
// these three it returns INTERNAL.
absl::Status RefusalOf(const state::ClaimAnswer& answer,
                       const journal::Claim& claim, std::int64_t now_ms);

// Returns NOT_FOUND with CHANNEL_NOT_FOUND. It is for a channel that was
// deleted after the server had accepted the send.
absl::Status ChannelDeleted(std::string_view channel_id);

// Returns FAILED_PRECONDITION with OUTSIDE_MESSAGING_WINDOW. Its metadata have
// window_close_time. While a message with the tag HUMAN_AGENT could still be
// sent, they also have human_agent_close_time.
absl::Status WindowClosed(std::int64_t last_inbound_ms, std::int64_t now_ms);
// Returns FAILED_PRECONDITION with HUMAN_AGENT_WINDOW_CLOSED. Its metadata have
// window_close_time, which is the end of the 7 days.
absl::Status HumanAgentWindowClosed(std::int64_t last_inbound_ms);
// Returns FAILED_PRECONDITION with USER_HAS_NOT_WRITTEN.
absl::Status NeverWritten();
// Returns FAILED_PRECONDITION with RECIPIENT_OPTED_OUT. Its metadata have
// opt_out_time.
absl::Status OptedOut(std::int64_t opt_out_ms);
// Returns RESOURCE_EXHAUSTED with RATE_LIMITED, a QuotaFailure, and a retry
// delay that ends at `free_ms`. `limit` is the number of messages that may go
// to one customer within an hour.
absl::Status QuotaExceeded(std::string_view user_id, int limit,
                           std::int64_t now_ms, std::int64_t free_ms);

}  // namespace linktor::messaging
