// These functions make the API's Message of a stored send. DescribeMessage
// (state/message_event.h) fills in the fields that are stored without
// encryption. The functions here add the content and the error, which are
// sealed (encrypted). All code that reads a send, answers a caller, or makes
// the event of an outcome uses these functions, so that a message looks the
// same everywhere. All of them are thread-safe.

#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/event.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor::messaging {

// Puts `content` into `message` as text and attachments. When text and
// attachments cannot hold all of the content, it adds the MessageContent
// itself, too. It changes nothing when `content` is not set.
void SetContent(const v1::MessageContent& content, v1::Message& message);

// Converts the error of a send to the type of Message.error. The metadata of
// the result also have the remedy: a sentence that says what the caller can do
// about the error (ErrorInfoWithRemedy of base/status.h).
v1::MessageError ToMessageError(const absl::Status& status);

// Returns the content that was to be sent. It fails with DATA_LOSS when the
// content was erased or cannot be opened (decrypted). OpenContent and
// OpenMessage may read a key from the disk, so they are called on the executor
// (base/executor.h).
absl::StatusOr<v1::MessageContent> OpenContent(seal::Sealer& sealer,
                                               const state::MessageRow& row);

// Returns the whole message. When the content was erased, the message has no
// content and no error. It fails with DATA_LOSS when the content or the error
// cannot be opened.
absl::StatusOr<v1::Message> OpenMessage(seal::Sealer& sealer,
                                        const state::MessageRow& row);

}  // namespace linktor::messaging
