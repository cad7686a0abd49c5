// Refuses a send before anything is stored for it. A claim brings the key of
// the customer's conversation, which is durable before the claim is and stays
// when the claim is refused. A customer to whom nothing is ever sent must not
// leave a key behind, so the Sender asks here first when it has made a new key.

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "server/journal/record.pb.h"
#include "server/state/state_reader.h"

namespace linktor::messaging {

// Returns the error with which Apply would refuse the claim at `now_ms`, in ms
// since the epoch, as the state is now: REQUEST_ID_REUSED, one of the messaging
// window, or RECIPIENT_OPTED_OUT. OK means only that nothing is known against
// the claim; Apply decides, and asks for the quota and the channel as well. It
// reads the disk, so it is called on the executor; an error of the read is
// returned as it is.
absl::Status RefusedEarly(state::StateReader& state,
                          const journal::Claim& claim, std::int64_t now_ms);

}  // namespace linktor::messaging
