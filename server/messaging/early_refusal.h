// Sorts out sends that will be refused before anything is stored for them. The
// key of a customer's conversation is durable before the claim whose content it
// seals, and stays: a customer to whom nothing is ever sent must not leave one
// behind.

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "server/journal/record.pb.h"
#include "server/state/state_reader.h"

namespace linktor {

// The refusal of a claim of `now_ms`, as the state is now; OK when nothing is
// known that speaks against it. The claim itself decides. Reads the disk: call
// on an executor.
absl::Status RefusedEarly(StateReader& state, const journal::Claim& claim,
                          std::int64_t now_ms);

}  // namespace linktor
