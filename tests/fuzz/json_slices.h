// Cuts JSON into its parts, as text: by counting brackets, unlike any parser of
// the server. Pure. Only for text that a real parser has found to be JSON.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace linktor::fuzz {

struct JsonMember {
  // Unescaped.
  std::string key;
  std::string_view value;
};

// In order, repeated keys included; none when `text` is no object.
std::vector<JsonMember> MembersOf(std::string_view text);

// In order; none when `text` is no array.
std::vector<std::string_view> ElementsOf(std::string_view text);

inline bool IsObject(std::string_view text) { return text.starts_with('{'); }
inline bool IsArray(std::string_view text) { return text.starts_with('['); }

// Without white space around it.
std::string_view TrimJson(std::string_view text);

}  // namespace linktor::fuzz
