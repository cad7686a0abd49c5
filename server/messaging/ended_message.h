// These are the answers to a caller whose send has ended, or has not ended in
// time. Sender, WaitingCallers, OutcomeRecorder and Settler share them, so that
// each answer has one wording. All are thread-safe.

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor::messaging {

// Returns UNKNOWN with SEND_OUTCOME_UNKNOWN; `why` is a sentence for the
// caller. It means that the message may have been sent.
absl::Status OutcomeUnknown(std::string_view why);

// Returns ABORTED with REQUEST_IN_FLIGHT and the message's ids: another call
// with the same request id is sending it. The caller may repeat the request or
// ask GetMessage.
absl::Status RequestInFlight(const state::MessageRow& row);

// Returns whether Instagram has taken a message in that state: a message that
// was taken back was sent before. To send it again would be wrong.
bool WasSent(v1::MessageState state);

// Returns the message when it was sent, else the error that its first caller
// was told, with the same code, metadata and retry delay. The row must not be
// PENDING. DATA_LOSS when what is stored cannot be opened. It may read a key
// from the disk, so it is called on the executor.
absl::StatusOr<v1::Message> AnswerOfEnded(seal::Sealer& sealer,
                                          const state::MessageRow& row);

}  // namespace linktor::messaging
