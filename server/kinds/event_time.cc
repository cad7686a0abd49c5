#include "server/kinds/event_time.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "server/base/strings.h"

namespace linktor::kinds {
namespace {

// A number below this is in seconds, and it means a time before the year 5138.
// From this on a number is in milliseconds, and it means a time after 1973.
constexpr std::int64_t kSecondsLimit = 100'000'000'000;
constexpr std::int64_t kLatestMs = 100'000'000'000'000;

}  // namespace

std::int64_t EventTimeOf(std::int64_t number) {
  if (number <= 0) return 0;
  if (number < kSecondsLimit) number *= 1000;
  return number < kLatestMs ? number : 0;
}

std::int64_t ParseEventTime(std::string_view text) {
  std::int64_t number = 0;
  if (absl::SimpleAtoi(ToAbsl(text), &number)) {
    return EventTimeOf(number);
  }
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &error)) {
    return 0;
  }
  const std::int64_t ms = absl::ToUnixMillis(time);
  // ParseTime also knows words such as "infinite-future".
  return ms > 0 && ms < kLatestMs ? ms : 0;
}

}  // namespace linktor::kinds
