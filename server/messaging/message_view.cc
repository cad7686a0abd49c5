#include "server/messaging/message_view.h"

#include "google/protobuf/util/time_util.h"
#include "server/base/ids.h"
#include "server/base/status.h"
#include "server/base/try.h"
#include "server/kinds/content/table.h"
#include "server/messaging/stored_error.h"

namespace linktor {
namespace {

using google::protobuf::util::TimeUtil;

}  // namespace

v1::Message DescribeMessage(const MessageRow& row) {
  v1::Message message;
  message.set_id(FormatId(kMessagePrefix, row.id));
  message.set_channel_id(row.channel_id);
  message.set_user_id(row.user_id);
  message.set_direction(v1::MESSAGE_DIRECTION_OUTBOUND);
  message.set_origin(v1::MESSAGE_ORIGIN_API);
  message.set_state(row.state);
  message.set_mid(row.mid);
  message.set_request_id(row.request_id);
  message.set_settled_by(row.settled_by);
  message.set_attempt(row.attempt);
  message.set_api_key_id(row.api_key_id);
  *message.mutable_create_time() =
      TimeUtil::MillisecondsToTimestamp(row.create_ms);
  if (row.send_ms != 0) {
    *message.mutable_send_time() =
        TimeUtil::MillisecondsToTimestamp(row.send_ms);
  }
  if (row.echo_ms != 0) {
    *message.mutable_echo_time() =
        TimeUtil::MillisecondsToTimestamp(row.echo_ms);
  }
  return message;
}

void SetContent(const v1::MessageContent& content, v1::Message& message) {
  const kinds::ContentKind* kind =
      kinds::FindContentKind(content.content_case());
  if (kind == nullptr || kind->show(content, message)) return;
  *message.mutable_content() = content;
}

v1::MessageError ToMessageError(const absl::Status& status) {
  const google::rpc::ErrorInfo info = ErrorInfoWithRemedy(status);
  v1::MessageError error;
  error.set_reason(info.reason());
  error.set_message(std::string(status.message()));
  *error.mutable_metadata() = info.metadata();
  return error;
}

absl::StatusOr<v1::MessageContent> OpenContent(Sealer& sealer,
                                               const MessageRow& row) {
  LINKTOR_ASSIGN(
      const std::string opened,
      sealer.Open(SealedPlace::kMessage, row.id, row.sealed_content));
  v1::MessageContent content;
  if (!content.ParseFromString(opened)) {
    return absl::DataLossError("stored content cannot be read");
  }
  return content;
}

absl::StatusOr<v1::Message> OpenMessage(Sealer& sealer, const MessageRow& row) {
  v1::Message message = DescribeMessage(row);
  LINKTOR_ASSIGN(const v1::MessageContent content, OpenContent(sealer, row));
  SetContent(content, message);
  if (!row.sealed_error.empty()) {
    LINKTOR_ASSIGN(const google::rpc::Status error, OpenError(sealer, row));
    *message.mutable_error() = ToMessageError(ErrorOf(error));
  }
  return message;
}

}  // namespace linktor
