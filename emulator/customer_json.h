// The JSON of what customers do and are, as the control API reads it. Strict;
// every error is INVALID_ARGUMENT with a sentence.

#pragma once

#include "absl/status/statusor.h"
#include "emulator/customer_event.h"
#include "emulator/json.h"
#include "emulator/tap.h"
#include "emulator/user_list.h"

namespace linktor::emulator {

absl::StatusOr<CustomerEvent> ReadCustomerEvent(const json::value& body);
absl::StatusOr<Tap> ReadTap(const json::value& body);
absl::StatusOr<UserChange> ReadUserChange(const json::value& body);

// Ages are told as of `now`.
json::object UserJson(const User& user, absl::Time now);

}  // namespace linktor::emulator
