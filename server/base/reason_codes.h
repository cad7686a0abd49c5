// Says which gRPC status codes the contract allows for an error reason. Some
// callers look at the code and other callers look at the reason, so the code
// and the reason must lead to the same decision. In debug builds, MakeError
// (status.h) asserts that the code fits the reason. reason_codes.cc has a table
// of the reasons and their codes, and tests compare the table with
// docs/errors.md. The function is pure.

#pragma once

#include "absl/status/status.h"
#include "linktor/instagram/v1/error_reason.pb.h"
#include "server/base/v1.h"

namespace linktor {

// Returns whether an error of this reason may have this code. A reason without
// a row in the table fits no code.
bool CodeFits(v1::ErrorReason reason, absl::StatusCode code);

}  // namespace linktor
