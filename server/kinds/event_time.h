// Reads times in the forms that Instagram uses: numbers of seconds, numbers of
// milliseconds, and texts. ReadTime of json_fields.h calls these functions for
// the times in items. They are pure, and any thread may call them.

#pragma once

#include <cstdint>
#include <string_view>

namespace linktor::kinds {

// Returns the time in milliseconds since the epoch. `text` is a number of
// seconds or milliseconds, or a time in the form of ISO 8601. Returns 0 when
// `text` is neither, or when the time is before 1970 or after the year 5138.
std::int64_t ParseEventTime(std::string_view text);

// Converts a number of seconds or milliseconds to milliseconds since the epoch.
// Returns 0 when the number is not positive, or when the time is after the year
// 5138. Meta's documents say that the number is in milliseconds, but some
// webhooks have seconds. A small number is taken as seconds and a great one as
// milliseconds.
std::int64_t EventTimeOf(std::int64_t number);

}  // namespace linktor::kinds
