// People write times on the command line, and they are read here. The functions
// are pure, for any thread; errors are for the person who typed them.

#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace linktor::cli {

// Reads "90d", and what Abseil knows, such as "24h" or "1h30m". Returns false
// for anything else.
bool ParseAge(const std::string& text, absl::Duration& age);

google::protobuf::Timestamp ToProto(absl::Time time);

// Takes a time such as 2027-01-01T00:00:00Z, or a duration before `now` such as
// 2h or 3d. It must lie in 1970 or later and before the year 10000.
absl::StatusOr<google::protobuf::Timestamp> ParseSince(const std::string& text,
                                                       absl::Time now);

}  // namespace linktor::cli
