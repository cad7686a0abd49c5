// This reads the JSON of POST /emulator/answers: the actions of the account's
// owner in the Instagram app. Reading is strict; the function is pure.

#pragma once

#include "absl/status/statusor.h"
#include "emulator/customer_event.h"
#include "emulator/json.h"

namespace linktor::emulator {

// Reads the body. It says what the owner of the account "account" does to the
// customer "to", or, with "self", to the account itself. Every error is
// INVALID_ARGUMENT with a sentence.
absl::StatusOr<CustomerEvent> ReadOwnerEvent(const json::value& body);

}  // namespace linktor::emulator
