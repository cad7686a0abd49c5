// What a caller is told of a send that has ended, made from what is stored.

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor {

// SEND_OUTCOME_UNKNOWN.
absl::Status OutcomeUnknown(std::string_view why);

// REQUEST_IN_FLIGHT.
absl::Status RequestInFlight(const MessageRow& row);

// The message when it is SENT, else the error that its caller was told.
// DATA_LOSS when what is stored cannot be opened. Reads the disk: call on an
// executor.
absl::StatusOr<v1::Message> AnswerOfEnded(Sealer& sealer,
                                          const MessageRow& row);

}  // namespace linktor
