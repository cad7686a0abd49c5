// This is the JSON of /emulator/delivery. Reading is strict, and every error is
// INVALID_ARGUMENT with a sentence. The functions are pure.

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
// Reads the body of a POST: {"ahead_ms"}, by which the deliveries' clock is
// moved ahead; zero when it is absent.
absl::StatusOr<absl::Duration> ReadAhead(const json::value& body);

// Writes the settings, and what waits.
json::object DeliveryJson(const Courier::State& state);
// Writes the webhooks that a POST has sent, in the order in which they left.
json::array DeliveredJson(const std::vector<Courier::Delivered>& delivered);

}  // namespace linktor::emulator
