#include "server/messaging/message_view.h"

#include "server/base/status.h"
#include "server/base/try.h"
#include "server/kinds/content/table.h"
#include "server/messaging/stored_error.h"
#include "server/state/message_event.h"

namespace linktor::messaging {

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

absl::StatusOr<v1::MessageContent> OpenContent(seal::Sealer& sealer,
                                               const state::MessageRow& row) {
  LINKTOR_ASSIGN(
      const std::string opened,
      sealer.Open(seal::SealedPlace::kMessage, row.id, row.sealed_content));
  v1::MessageContent content;
  if (!content.ParseFromString(opened)) {
    return absl::DataLossError("stored content cannot be read");
  }
  return content;
}

absl::StatusOr<v1::Message> OpenMessage(seal::Sealer& sealer,
                                        const state::MessageRow& row) {
  v1::Message message = state::DescribeMessage(row);
  if (seal::IsErased(row.sealed_content)) return message;
  LINKTOR_ASSIGN(const v1::MessageContent content, OpenContent(sealer, row));
  SetContent(content, message);
  if (!row.sealed_error.empty()) {
    LINKTOR_ASSIGN(const google::rpc::Status error, OpenError(sealer, row));
    *message.mutable_error() = ToMessageError(ErrorOf(error));
  }
  return message;
}

}  // namespace linktor::messaging
