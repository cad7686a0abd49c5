#include "server/base/reason_codes.h"

#include <algorithm>
#include <array>

namespace linktor {
namespace {

using Code = absl::StatusCode;

struct Row {
  v1::ErrorReason reason;
  Code code;

  bool operator==(const Row&) const = default;
};

// A reason with several codes has several rows. docs/errors.md says the same.
constexpr std::array kRows = {
    Row{v1::ERROR_REASON_INVALID_REQUEST, Code::kInvalidArgument},
    // gRPC's own contract has this for a service that health is asked of.
    Row{v1::ERROR_REASON_INVALID_REQUEST, Code::kNotFound},
    Row{v1::ERROR_REASON_INVALID_CONTENT, Code::kInvalidArgument},
    Row{v1::ERROR_REASON_CHANNEL_NOT_FOUND, Code::kNotFound},
    Row{v1::ERROR_REASON_CHANNEL_ALREADY_EXISTS, Code::kAlreadyExists},
    Row{v1::ERROR_REASON_ACCOUNT_ALREADY_CONNECTED, Code::kAlreadyExists},
    Row{v1::ERROR_REASON_CREDENTIALS_MISSING, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_MESSAGE_NOT_FOUND, Code::kNotFound},
    Row{v1::ERROR_REASON_MESSAGE_NOT_UNCONFIRMED, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_OUTSIDE_MESSAGING_WINDOW, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_USER_HAS_NOT_WRITTEN, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_RECIPIENT_UNAVAILABLE, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_RECIPIENT_NOT_FOUND, Code::kNotFound},
    Row{v1::ERROR_REASON_RATE_LIMITED, Code::kResourceExhausted},
    Row{v1::ERROR_REASON_REQUEST_ID_REUSED, Code::kInvalidArgument},
    Row{v1::ERROR_REASON_REQUEST_IN_FLIGHT, Code::kAborted},
    Row{v1::ERROR_REASON_SEND_OUTCOME_UNKNOWN, Code::kUnknown},
    Row{v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_PERMISSION_MISSING, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_APP_NOT_APPROVED, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_MESSAGING_DISABLED, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_ACTION_BLOCKED, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_THREAD_CONTROLLED_BY_ANOTHER_APP,
        Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_ACCOUNT_RESTRICTED, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_MEDIA_REJECTED, Code::kInvalidArgument},
    Row{v1::ERROR_REASON_CURSOR_INVALID, Code::kInvalidArgument},
    Row{v1::ERROR_REASON_CURSOR_EXPIRED, Code::kOutOfRange},
    Row{v1::ERROR_REASON_CURSOR_REWOUND, Code::kOutOfRange},
    Row{v1::ERROR_REASON_GRAPH_UNAVAILABLE, Code::kUnavailable},
    Row{v1::ERROR_REASON_OVERLOADED, Code::kResourceExhausted},
    Row{v1::ERROR_REASON_DISK_FULL, Code::kResourceExhausted},
    Row{v1::ERROR_REASON_DRAINING, Code::kUnavailable},
    Row{v1::ERROR_REASON_INTERNAL_FAULT, Code::kInternal},
    Row{v1::ERROR_REASON_DEADLINE_TOO_SHORT, Code::kDeadlineExceeded},
    Row{v1::ERROR_REASON_STORE_FAILED, Code::kUnavailable},
    Row{v1::ERROR_REASON_GRAPH_ERROR, Code::kInternal},
    Row{v1::ERROR_REASON_GRAPH_ERROR, Code::kNotFound},
    Row{v1::ERROR_REASON_GRAPH_ERROR, Code::kInvalidArgument},
    // It is never the error of a call, but one of a message.
    Row{v1::ERROR_REASON_RESOLVED_NOT_SENT, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_HUMAN_AGENT_WINDOW_CLOSED, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_RECIPIENT_OPTED_OUT, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_API_KEY_MISSING, Code::kUnauthenticated},
    Row{v1::ERROR_REASON_API_KEY_INVALID, Code::kUnauthenticated},
    Row{v1::ERROR_REASON_API_KEY_EXPIRED, Code::kUnauthenticated},
    Row{v1::ERROR_REASON_API_KEY_DISABLED, Code::kUnauthenticated},
    Row{v1::ERROR_REASON_NOT_AUTHORIZED, Code::kPermissionDenied},
    Row{v1::ERROR_REASON_API_KEY_NOT_FOUND, Code::kNotFound},
    Row{v1::ERROR_REASON_LIMIT_REACHED, Code::kResourceExhausted},
    Row{v1::ERROR_REASON_ACCOUNT_NOT_LINKED, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_COMMENT_REPLY_UNAVAILABLE, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_APP_SECRET_REFUSED, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_CHANNEL_CHANGED, Code::kAborted},
    Row{v1::ERROR_REASON_CONVERSATION_NOT_FOUND, Code::kNotFound},
    Row{v1::ERROR_REASON_USER_CONSENT_REQUIRED, Code::kFailedPrecondition},
    Row{v1::ERROR_REASON_MEDIA_UNAVAILABLE, Code::kFailedPrecondition},
};

}  // namespace

bool CodeFits(v1::ErrorReason reason, absl::StatusCode code) {
  return std::find(kRows.begin(), kRows.end(), Row{reason, code}) !=
         kRows.end();
}

}  // namespace linktor
