// Reads times in the forms that Instagram uses: numbers of two units, and
// texts. ReadTime of json_fields.h calls these functions for the times in
// items. They are pure; any thread may call them.

#pragma once

#include <cstdint>
#include <string_view>

namespace linktor::kinds {

// Returns the time in milliseconds since the epoch. `text` is a number of
// seconds or milliseconds, or a time in ISO 8601. Returns 0 when `text` is none
// of these, or when the time is before 1970 or beyond the year 5138.
std::int64_t ParseEventTime(std::string_view text);

// Returns the time of a number, as ParseEventTime does. The size of the number
// decides which unit it has: Meta's documents say milliseconds, but some
// webhooks have seconds.
std::int64_t EventTimeOf(std::int64_t number);

}  // namespace linktor::kinds
