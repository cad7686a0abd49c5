// The project's own interfaces use std::string_view. Debian's Abseil is built
// with a string_view of its own, which does not convert either way. Here are
// the two bridges, and containers that can be searched without making a string.
// Everything is pure and needs no lock of its own.

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "absl/strings/string_view.h"

namespace linktor {

// Returns the same bytes for a function of Abseil's; they are borrowed from
// `s`.
inline absl::string_view ToAbsl(std::string_view s) {
  return absl::string_view(s.data(), s.size());
}

// Returns the same bytes of a result of Abseil's; they are borrowed from `s`.
inline std::string_view ToStd(absl::string_view s) {
  return std::string_view(s.data(), s.size());
}

// Returns the first `max` bytes of valid UTF-8, less what would be half a
// character, so that the result is valid too; it borrows from `text`. A shorter
// text comes back whole. Texts from outside are cut by it before they go into a
// status or a table.
inline std::string_view CutUtf8(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0U) == 0x80U) {
    --max;
  }
  return text.substr(0, max);
}

// Hashes text of both kinds alike, which makes a search by string_view
// possible.
struct StringHash {
  // The standard's containers search without a conversion when the hash has
  // this name.
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const {
    return std::hash<std::string_view>{}(s);
  }
};

// Maps strings to values, and is searched by string_view. The entries are in no
// order, so nothing that is stored or given out may depend on it.
template <typename Value>
using StringMap =
    std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;
using StringSet = std::unordered_set<std::string, StringHash, std::equal_to<>>;

}  // namespace linktor
