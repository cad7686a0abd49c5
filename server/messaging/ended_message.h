// These functions make the answers for a caller whose send has ended, or has
// not ended in time. Sender, WaitingCallers, OutcomeRecorder and Settler share
// them, so that each answer has one wording. All of them are thread-safe.

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor::messaging {

// Returns UNKNOWN with the reason SEND_OUTCOME_UNKNOWN. It tells the caller
// that the message may have been sent. `why` is a sentence for the caller.
absl::Status OutcomeUnknown(std::string_view why);

// Returns ABORTED with the reason REQUEST_IN_FLIGHT and the ids of the message.
// It tells the caller that another call with the same request id is sending the
// message. The caller may repeat the request or call GetMessage.
absl::Status RequestInFlight(const state::MessageRow& row);

// Returns whether Instagram has accepted a message that is in this state. This
// is true for SENT and for RETRACTED, because a message that was taken back in
// Instagram (unsend) was sent before. Such a message must not be sent again.
bool WasSent(v1::MessageState state);

// Returns the message if it was sent. Otherwise it returns the error that the
// first caller of the send got, with the same code, metadata and retry delay.
// When this error was erased together with the customer, it returns
// SEND_OUTCOME_UNKNOWN. The row must not be PENDING. It fails with DATA_LOSS
// when the stored bytes cannot be opened (decrypted). It may read a key from
// the disk, so it is called on the executor (base/executor.h).
absl::StatusOr<v1::Message> AnswerOfEnded(seal::Sealer& sealer,
                                          const state::MessageRow& row);

}  // namespace linktor::messaging
