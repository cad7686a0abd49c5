// Lists are given out in pages. A page token is opaque to callers: it holds the
// last id that the page before has looked at, and works for the list that gave
// it alone. Nothing is kept here between two pages, so a token stays good when
// entries come and go. ListChannels, ListApiKeys and ListDeliveries use it.
// Pure.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace linktor {

// A caller that names no size gets pages of this many entries.
inline constexpr int kDefaultPageSize = 100;
// A caller that asks for more gets pages of this many entries; it bounds the
// size of an answer.
inline constexpr int kMaxPageSize = 1000;

// Returns how many entries to give to a caller that asks for `asked`; 0 asks
// for the default. `asked` is not negative, which validation has checked.
int PageSizeOf(std::int32_t asked);

// The values are the first byte of tokens that callers hold: do not change.
enum class PagedList : char {
  kChannels = 'c',
  kApiKeys = 'k',
  kDeliveries = 'd'
};

// Returns the token of the page that begins after `last_id`, which is not
// empty.
std::string MakePageToken(PagedList list, std::string_view last_id);
// Returns the id after which the next page begins; nothing when the token is
// none of that list, which the caller answers with INVALID_ARGUMENT. The id
// need not exist any more. The empty token begins before the first entry, with
// the empty id.
std::optional<std::string> ReadPageToken(PagedList list,
                                         std::string_view token);

}  // namespace linktor
