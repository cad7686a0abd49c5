// Stored sends as the contract's Message.

#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/event.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor {

// Everything but content and error, which are sealed.
v1::Message DescribeMessage(const MessageRow& row);

// What was said: text and attachments, and the content itself where it is more
// than a text.
void SetContent(const v1::MessageContent& content, v1::Message& message);

// The message that an event brought or is about; null when it has none.
const v1::Message* MessageOf(const v1::Event& event);

// The error of a send as Message.error carries it.
v1::MessageError ToMessageError(const absl::Status& status);

// What was to be sent. DATA_LOSS when it cannot be opened.
absl::StatusOr<v1::MessageContent> OpenContent(Sealer& sealer,
                                               const MessageRow& row);

// The whole message. DATA_LOSS when its content cannot be opened.
absl::StatusOr<v1::Message> OpenMessage(Sealer& sealer, const MessageRow& row);

}  // namespace linktor
