// The project's own interfaces use std::string_view. Debian's Abseil is built
// with its own type absl::string_view, and the compiler converts neither type
// to the other. This file has two functions that convert between the types. It
// also has containers of strings that can be searched with a string_view, so
// that a search need not make a string. All functions are pure.

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "absl/strings/string_view.h"

namespace linktor {

// Returns the same bytes as Abseil's type, for a call to an Abseil function.
// The bytes are borrowed from `s`.
inline absl::string_view ToAbsl(std::string_view s) {
  return absl::string_view(s.data(), s.size());
}

// Returns the same bytes as the standard type, for a result of an Abseil
// function. The bytes are borrowed from `s`.
inline std::string_view ToStd(absl::string_view s) {
  return std::string_view(s.data(), s.size());
}

// Returns the first `max` bytes of `text`, which must be valid UTF-8. A
// character that would be cut in half is left out, so the result is valid
// UTF-8, too. The result borrows from `text`. When `text` is not longer than
// `max`, the result is the whole text. The server cuts texts that come from
// outside with this function before it puts them into a status or a table.
inline std::string_view CutUtf8(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0U) == 0x80U) {
    --max;
  }
  return text.substr(0, max);
}

// Hashes std::string and std::string_view in the same way, so that a container
// of strings can be searched by a string_view.
struct StringHash {
  // When a hash has a type with this name, the standard containers search
  // without a conversion.
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const {
    return std::hash<std::string_view>{}(s);
  }
};

// Maps strings to values, and can be searched by a string_view. The entries
// have no order, so nothing that is stored or given out may depend on their
// order.
template <typename Value>
using StringMap =
    std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;
using StringSet = std::unordered_set<std::string, StringHash, std::equal_to<>>;

}  // namespace linktor
