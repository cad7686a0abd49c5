// The RPCs ListChannels, ListApiKeys and ListDeliveries return their lists in
// pages, and use these functions. A page token says where the next page begins.
// Callers send the token back unchanged, and must not depend on its content.
// The token holds the id of the last entry that the previous page has looked
// at, and is valid only for the kind of list that returned it. The server keeps
// nothing between two pages, so a token stays valid when entries are added or
// deleted. All functions are pure.

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

// Returns how many entries a page has when the caller asks for `asked` entries;
// 0 asks for the default. Validation has checked before that `asked` is not
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
// not exist any more. For the empty token it returns the empty id, which means
// that the page begins with the first entry. It returns nullopt when the token
// is damaged or belongs to another kind of list. The RPC then fails with
// INVALID_ARGUMENT.
std::optional<std::string> ReadPageToken(PagedList list,
                                         std::string_view token);

}  // namespace linktor
