#include "server/messaging/ended_message.h"

#include <string>

#include "server/base/ids.h"
#include "server/base/reason_codes.h"
#include "server/base/status.h"
#include "server/base/try.h"
#include "server/messaging/message_view.h"

namespace linktor {

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
  absl::Status status = MakeError(UsualCodeOf(reason), reason, error.message());
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
