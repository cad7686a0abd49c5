#include "server/messaging/ended_message.h"

#include <string>

#include "server/base/ids.h"
#include "server/base/status.h"
#include "server/base/try.h"
#include "server/messaging/message_view.h"

namespace linktor {
namespace {

// See error_reason.proto; only reasons with which a send can end.
absl::StatusCode CodeOf(v1::ErrorReason reason) {
  switch (reason) {
    case v1::ERROR_REASON_INVALID_CONTENT:
    case v1::ERROR_REASON_MEDIA_REJECTED:
      return absl::StatusCode::kInvalidArgument;
    case v1::ERROR_REASON_CHANNEL_NOT_FOUND:
    case v1::ERROR_REASON_RECIPIENT_NOT_FOUND:
      return absl::StatusCode::kNotFound;
    case v1::ERROR_REASON_RATE_LIMITED:
    case v1::ERROR_REASON_OVERLOADED:
      return absl::StatusCode::kResourceExhausted;
    case v1::ERROR_REASON_GRAPH_UNAVAILABLE:
    case v1::ERROR_REASON_DRAINING:
    case v1::ERROR_REASON_STORE_FAILED:
      return absl::StatusCode::kUnavailable;
    case v1::ERROR_REASON_SEND_OUTCOME_UNKNOWN:
      return absl::StatusCode::kUnknown;
    case v1::ERROR_REASON_GRAPH_ERROR:
    case v1::ERROR_REASON_INTERNAL_FAULT:
      return absl::StatusCode::kInternal;
    default:
      return absl::StatusCode::kFailedPrecondition;
  }
}

}  // namespace

absl::Status OutcomeUnknown(std::string_view why) {
  return MakeError(absl::StatusCode::kUnknown,
                   v1::ERROR_REASON_SEND_OUTCOME_UNKNOWN, why);
}

absl::Status RequestInFlight(const MessageRow& row) {
  return MakeError(
      absl::StatusCode::kAborted,
      "a call with this request id is still under way; ask again, or "
      "GetMessage",
      {.reason = v1::ERROR_REASON_REQUEST_IN_FLIGHT,
       .metadata = {{"request_id", row.request_id},
                    {"message_id", FormatId(kMessagePrefix, row.id)}}});
}

absl::Status ErrorOf(const v1::MessageError& error) {
  v1::ErrorReason reason = v1::ERROR_REASON_INTERNAL_FAULT;
  // An unknown one was written by a newer program.
  (void)v1::ErrorReason_Parse("ERROR_REASON_" + error.reason(), &reason);
  absl::Status status = MakeError(CodeOf(reason), reason, error.message());
  for (const auto& [key, value] : error.metadata()) {
    AddErrorMetadata(status, key, value);
  }
  return status;
}

absl::StatusOr<v1::Message> AnswerOfEnded(Sealer& sealer,
                                          const MessageRow& row) {
  LINKTOR_ASSIGN(v1::Message message, OpenMessage(sealer, row));
  if (row.state == v1::MESSAGE_STATE_SENT) return message;
  if (row.state == v1::MESSAGE_STATE_FAILED) return ErrorOf(message.error());
  absl::Status status = OutcomeUnknown(message.error().message());
  for (const auto& [key, value] : message.error().metadata()) {
    AddErrorMetadata(status, key, value);
  }
  return status;
}

}  // namespace linktor
