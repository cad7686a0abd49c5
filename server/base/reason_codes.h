// Says which gRPC codes the contract has for a reason, so that callers who
// decide by the one and callers who decide by the other do the same. MakeError
// asserts it in debug builds; tests hold the table against docs/errors.md.
// Pure.

#pragma once

#include "absl/status/status.h"
#include "linktor/instagram/v1/error_reason.pb.h"
#include "server/base/v1.h"

namespace linktor {

// Returns whether an error of this reason may have this code. A reason without
// a row in the table fits no code.
bool CodeFits(v1::ErrorReason reason, absl::StatusCode code);

}  // namespace linktor
