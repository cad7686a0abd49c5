// RefusedEarly refuses a send before anything is stored for the send. A claim
// is the journal record that asks for the right to send a message. The content
// in a claim is sealed (encrypted) with a data key of the customer's
// conversation. A new key is stored before the claim, and it stays stored when
// the claim is refused. But a customer to whom nothing is ever sent must not
// leave a key behind. So when the Sender has made a new key, it calls
// RefusedEarly before it stores the key.

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "server/journal/record.pb.h"
#include "server/state/state_reader.h"

namespace linktor::messaging {

// Returns the error with which Apply (state/applier.h) would refuse the claim
// now: REQUEST_ID_REUSED, an error of the messaging window (refusals.h), or
// RECIPIENT_OPTED_OUT. It judges by the present state, and by `now_ms` in ms
// since the epoch. OK means only that it has found no reason against the claim.
// Apply decides, and also checks the quota and the channel. RefusedEarly reads
// the disk, so it is called on the executor (base/executor.h). It returns an
// error of the read unchanged.
absl::Status RefusedEarly(state::StateReader& state,
                          const journal::Claim& claim, std::int64_t now_ms);

}  // namespace linktor::messaging
