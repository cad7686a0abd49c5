// Reads times as Instagram gives them: numbers of two units, and texts.
// ReadTime of json_fields.h calls it for the times in items. Pure; any thread
// may call it.

#pragma once

#include <cstdint>
#include <string_view>

namespace linktor::kinds {

// Returns the time in milliseconds since the epoch. `text` is a number of
// seconds or milliseconds, or ISO 8601. Returns 0 when it is none of these, or
// before 1970, or beyond the year 5138.
std::int64_t ParseEventTime(std::string_view text);

// Does the same for a number. Which unit it has is decided by its size: Meta's
// documents say milliseconds, and some webhooks have seconds.
std::int64_t EventTimeOf(std::int64_t number);

}  // namespace linktor::kinds
