// These functions read and write the JSON of customers and of their actions, as
// the control API takes it. Reading is strict: a misspelt member is an error,
// because a test with such a member could pass for the wrong reason. Every
// error is INVALID_ARGUMENT with a sentence. The functions are pure.

#pragma once

#include "absl/status/statusor.h"
#include "emulator/customer_event.h"
#include "emulator/json.h"
#include "emulator/tap.h"
#include "emulator/user_list.h"

namespace linktor::emulator {

// Reads the body of POST /emulator/messages. The next two functions read the
// bodies of POST /emulator/taps and of PUT /emulator/users/{id}.
absl::StatusOr<CustomerEvent> ReadCustomerEvent(const json::value& body);
// A tap names the quick reply, button or ice breaker by its title, its payload,
// or both.
absl::StatusOr<Tap> ReadTap(const json::value& body);
// Reads a change of a user. Members that are absent change nothing.
absl::StatusOr<UserChange> ReadUserChange(const json::value& body);

// Writes a user. The time of the user's last message is written as an age at
// `now`, because tests set ages and not times.
json::object UserJson(const User& user, absl::Time now);

}  // namespace linktor::emulator
