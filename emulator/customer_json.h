// This is the JSON of customers and of their actions, as the control API reads
// it. Reading is strict, because a misspelt member would make a test pass for
// the wrong reason; every error is INVALID_ARGUMENT with a sentence. The
// functions are pure.

#pragma once

#include "absl/status/statusor.h"
#include "emulator/customer_event.h"
#include "emulator/json.h"
#include "emulator/tap.h"
#include "emulator/user_list.h"

namespace linktor::emulator {

// These read, in this order, the bodies of POST /emulator/messages, of POST
// /emulator/taps, and of PUT /emulator/users/{id}.
absl::StatusOr<CustomerEvent> ReadCustomerEvent(const json::value& body);
// A tap names the thing by its title, its payload, or both.
absl::StatusOr<Tap> ReadTap(const json::value& body);
// Members that are absent change nothing.
absl::StatusOr<UserChange> ReadUserChange(const json::value& body);

// Writes a user. The age of the last message is told as of `now`, since a test
// thinks in ages and not in times.
json::object UserJson(const User& user, absl::Time now);

}  // namespace linktor::emulator
