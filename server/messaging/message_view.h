// Makes the API's Message of a stored send: DescribeMessage (state/) has the
// readable part, and this adds content and error. Readers, answers and the
// events of outcomes all use these, so that a message looks the same wherever
// it is shown. All are thread-safe.

#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/event.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor::messaging {

// Puts what was said into `message`: text and attachments, and the content
// itself where these do not say all of it. Content that is not set changes
// nothing.
void SetContent(const v1::MessageContent& content, v1::Message& message);

// Returns the error of a send as Message.error has it, with the remedy for its
// reason.
v1::MessageError ToMessageError(const absl::Status& status);

// Returns what was to be sent. DATA_LOSS when it was erased or cannot be
// opened. This and the next function may read a key from the disk, so they are
// called on the executor.
absl::StatusOr<v1::MessageContent> OpenContent(seal::Sealer& sealer,
                                               const state::MessageRow& row);

// Returns the whole message. DATA_LOSS when its content or its error cannot be
// opened.
absl::StatusOr<v1::Message> OpenMessage(seal::Sealer& sealer,
                                        const state::MessageRow& row);

}  // namespace linktor::messaging
