#include "client/cli/times.h"

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace linktor::cli {

bool ParseAge(const std::string& text, absl::Duration& age) {
  std::int64_t days = 0;
  if (absl::EndsWith(text, "d") &&
      absl::SimpleAtoi(text.substr(0, text.size() - 1), &days)) {
    age = absl::Hours(24) * days;
    return true;
  }
  return absl::ParseDuration(text, &age);
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp proto;
  const std::int64_t seconds = absl::ToUnixSeconds(time);
  proto.set_seconds(seconds);
  proto.set_nanos(static_cast<std::int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return proto;
}

absl::StatusOr<google::protobuf::Timestamp> ParseSince(const std::string& text,
                                                       absl::Time now) {
  absl::Time time;
  absl::Duration age;
  std::string unused;
  if (ParseAge(text, age)) {
    if (age < absl::ZeroDuration()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", text, "' lies ahead: a duration counts back from now"));
    }
    time = now - age;
  } else if (!absl::ParseTime(absl::RFC3339_full, text, &time, &unused) &&
             // The commands print times in this form.
             !absl::ParseTime("%Y-%m-%d %H:%M:%E*S%Ez", text, &time, &unused)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", text,
        "' is no time: give one such as 2027-01-01T00:00:00Z, or how long ago, "
        "such as 2h or 3d"));
  }
  static const absl::Time kEnd =
      absl::FromCivil(absl::CivilYear(10000), absl::UTCTimeZone());
  if (time < absl::UnixEpoch() || time >= kEnd) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not within the years 1970 to 9999"));
  }
  return ToProto(time);
}

}  // namespace linktor::cli
