// These functions read and write the JSON of /emulator/delivery. Reading is
// strict, and every error is INVALID_ARGUMENT with a sentence. The functions
// are pure.

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "emulator/courier.h"
#include "emulator/delivery_plan.h"
#include "emulator/json.h"

namespace linktor::emulator {

// Reads the body of a PUT. A member that is absent changes nothing.
absl::StatusOr<DeliveryChange> ReadDeliveryChange(const json::value& body);
// Reads the body of a POST: {"ahead_ms"}. The deliveries' clock is moved ahead
// by this time; it is zero when it is absent.
absl::StatusOr<absl::Duration> ReadAhead(const json::value& body);

// Writes the settings, and the numbers of updates that wait, were accepted,
// were refused and were given up.
json::object DeliveryJson(const Courier::State& state);
// Writes the webhooks that a POST has sent, in the order in which they left.
json::array DeliveredJson(const std::vector<Courier::Delivered>& delivered);

}  // namespace linktor::emulator
