// These functions cut JSON into its parts, as text. They count brackets, unlike
// every parser of the server. They are pure functions, and they are only for
// text that a real parser has found to be JSON.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace linktor::fuzz {

struct JsonMember {
  // The key has no escape sequences any more.
  std::string key;
  std::string_view value;
};

// In order, repeated keys included; none when `text` is no object.
std::vector<JsonMember> MembersOf(std::string_view text);

// In order; none when `text` is no array.
std::vector<std::string_view> ElementsOf(std::string_view text);

inline bool IsObject(std::string_view text) { return text.starts_with('{'); }
inline bool IsArray(std::string_view text) { return text.starts_with('['); }

// Returns the text without the white space at its ends.
std::string_view TrimJson(std::string_view text);

}  // namespace linktor::fuzz
