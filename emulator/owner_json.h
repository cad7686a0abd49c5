// This is the JSON of what the account's owner does in the Instagram app, as
// POST /emulator/answers takes it. Reading is strict; the function is pure.

#pragma once

#include "absl/status/statusor.h"
#include "emulator/customer_event.h"
#include "emulator/json.h"

namespace linktor::emulator {

// Reads the body: what the owner does to the customer "to", from the account
// "account", or with "self" to the account itself. Every error is
// INVALID_ARGUMENT with a sentence.
absl::StatusOr<CustomerEvent> ReadOwnerEvent(const json::value& body);

}  // namespace linktor::emulator
