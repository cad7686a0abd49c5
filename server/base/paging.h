// Lists are given out in pages. A page token is opaque to callers: it holds the
// last id of the page before, and works for the list that gave it alone. Pure.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace linktor {

inline constexpr int kDefaultPageSize = 100;
// A larger page is asked for in vain: so many entries come.
inline constexpr int kMaxPageSize = 1000;

// Returns how many entries to give to a caller that asks for so many; 0 asks
// for the default. `asked` is not negative.
int PageSizeOf(std::int32_t asked);

enum class PagedList : char { kChannels = 'c', kApiKeys = 'k' };

std::string MakePageToken(PagedList list, std::string_view last_id);
// Returns the id after which the next page begins; nothing when the token is
// none of that list. The empty token begins before the first entry.
std::optional<std::string> ReadPageToken(PagedList list,
                                         std::string_view token);

}  // namespace linktor
