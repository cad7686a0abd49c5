// These functions read the times that people write on the command line. They
// are pure, for any thread; errors are for the person who typed the time.

#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace linktor::cli {

// Reads a number of days, such as "90d", and every duration that Abseil knows,
// such as "24h" or "1h30m". Returns false for any other text.
bool ParseAge(const std::string& text, absl::Duration& age);

google::protobuf::Timestamp ToProto(absl::Time time);

// Takes a time, such as 2027-01-01T00:00:00Z, or a duration before `now`, such
// as 2h or 3d. The result must lie in the years 1970 to 9999.
absl::StatusOr<google::protobuf::Timestamp> ParseSince(const std::string& text,
                                                       absl::Time now);

}  // namespace linktor::cli
