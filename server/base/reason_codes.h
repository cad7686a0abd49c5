// Says which gRPC status codes the contract allows for an error reason. Some
// callers decide by the code and others by the reason, so both must lead to the
// same decision. MakeError asserts that they fit in debug builds. Tests compare
// the table with docs/errors.md. The function is pure.

#pragma once

#include "absl/status/status.h"
#include "linktor/instagram/v1/error_reason.pb.h"
#include "server/base/v1.h"

namespace linktor {

// Returns whether an error of this reason may have this code. A reason without
// a row in the table fits no code.
bool CodeFits(v1::ErrorReason reason, absl::StatusCode code);

}  // namespace linktor
