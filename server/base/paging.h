// Lists are given to callers in pages. For callers a page token is opaque. It
// holds the id of the last entry that the previous page has looked at, and
// works only for the kind of list that gave it. The server keeps nothing
// between two pages, so a token stays valid when entries come and go.
// ListChannels, ListApiKeys and ListDeliveries use these functions, which are
// pure.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace linktor {

// A page has this many entries when the caller asks for no size.
inline constexpr int kDefaultPageSize = 100;
// A page has at most this many entries, even when the caller asks for more.
// This bounds the size of an answer.
inline constexpr int kMaxPageSize = 1000;

// Returns how many entries to give to a caller that asks for `asked` entries; 0
// asks for the default. Validation has checked before that `asked` is not
// negative.
int PageSizeOf(std::int32_t asked);

// A PagedList names a kind of list. Its value is the first byte of tokens that
// callers hold: do not change.
enum class PagedList : char {
  kChannels = 'c',
  kApiKeys = 'k',
  kDeliveries = 'd'
};

// Returns the token of the page that begins after the entry `last_id`; the id
// must not be empty.
std::string MakePageToken(PagedList list, std::string_view last_id);
// Returns the id after which the next page begins. The entry with this id need
// not exist any more. For the empty token it returns the empty id: the page
// begins with the first entry. It returns nothing when the token does not
// belong to `list`; the caller then answers INVALID_ARGUMENT.
std::optional<std::string> ReadPageToken(PagedList list,
                                         std::string_view token);

}  // namespace linktor
