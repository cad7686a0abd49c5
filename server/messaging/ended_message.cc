#include "server/messaging/ended_message.h"

#include "server/base/ids.h"
#include "server/base/status.h"
#include "server/base/try.h"
#include "server/messaging/message_view.h"
#include "server/messaging/stored_error.h"

namespace linktor::messaging {

absl::Status OutcomeUnknown(std::string_view why) {
  return MakeError(absl::StatusCode::kUnknown,
                   v1::ERROR_REASON_SEND_OUTCOME_UNKNOWN, why);
}

absl::Status RequestInFlight(const state::MessageRow& row) {
  return MakeError(
      absl::StatusCode::kAborted,
      "a call with this request id is still under way; ask again, or "
      "GetMessage",
      {.reason = v1::ERROR_REASON_REQUEST_IN_FLIGHT,
       .metadata = {{"request_id", row.request_id},
                    {"message_id", FormatId(kMessagePrefix, row.id)}}});
}

bool WasSent(v1::MessageState state) {
  return state == v1::MESSAGE_STATE_SENT ||
         state == v1::MESSAGE_STATE_RETRACTED;
}

absl::StatusOr<v1::Message> AnswerOfEnded(seal::Sealer& sealer,
                                          const state::MessageRow& row) {
  if (WasSent(row.state)) return OpenMessage(sealer, row);
  if (seal::IsErased(row.sealed_error)) {
    return OutcomeUnknown(
        "the person was erased before it was known whether the message reached "
        "them");
  }
  LINKTOR_ASSIGN(const google::rpc::Status error, OpenError(sealer, row));
  return ErrorOf(error);
}

}  // namespace linktor::messaging
