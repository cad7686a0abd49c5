// Reads members of JSON objects. The readers of the kinds and of the messaging
// item call these. Pure; the JSON must stay as it is meanwhile.
//
// A member that is absent or null leaves the output as it is and is no error. A
// member of a wrong type is a Misfit, and leaves the output as it is, too.

#pragma once

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/kinds/misfit.h"

namespace linktor::kinds {

// Returns what the value is, with its article, such as "an array".
std::string_view TypeName(const simdjson::dom::element& value);

// Says that `value`, at `path`, should have been `wanted`, which is constant
// text such as "a string".
Misfit Wrong(const simdjson::dom::element& value, std::string_view wanted,
             std::string path);

// Returns the first member of that name; nothing when it is absent or null.
std::optional<simdjson::dom::element> Member(
    const simdjson::dom::object& object, std::string_view key);

// At most N members of an object, found in one pass over it, because a look-up
// of each would cost a pass of its own. The first member of each name counts;
// one that is null counts as absent. A member's index is that of its name.
template <std::size_t N>
class Members {
 public:
  Members(const simdjson::dom::object& object,
          std::span<const std::string_view> names) {
    static_assert(N <= 32);
    std::uint32_t seen = 0;
    for (const auto [key, value] : object) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (key.size() != names[i].size() || key != names[i]) continue;
        const std::uint32_t bit = std::uint32_t{1} << i;
        if ((seen & bit) == 0 && !value.is_null()) {
          found_[i] = value;
          there_ |= bit;
        }
        seen |= bit;
        break;
      }
    }
  }

  std::optional<simdjson::dom::element> operator[](std::size_t i) const {
    if ((there_ >> i & 1) == 0) return std::nullopt;
    return found_[i];
  }

 private:
  std::array<simdjson::dom::element, N> found_;
  std::uint32_t there_ = 0;
};

// These read a member that was found already; `path` is the member's own.
Result ReadString(const std::optional<simdjson::dom::element>& member,
                  std::string_view path, std::string& out);
Result ReadBool(const std::optional<simdjson::dom::element>& member,
                std::string_view path, bool& out);
Result ReadObject(const std::optional<simdjson::dom::element>& member,
                  std::string_view path,
                  std::optional<simdjson::dom::object>& out);
Result ReadArray(const std::optional<simdjson::dom::element>& member,
                 std::string_view path,
                 std::optional<simdjson::dom::array>& out);

// These look for the member `key` of `object`, whose path is `parent`.
Result ReadString(const simdjson::dom::object& object, std::string_view key,
                  std::string_view parent, std::string& out);
// Reads an id, which is a string; a whole number becomes one, because tests of
// the dashboard and ads sometimes give numbers.
Result ReadId(const simdjson::dom::object& object, std::string_view key,
              std::string_view parent, std::string& out);
Result ReadObject(const simdjson::dom::object& object, std::string_view key,
                  std::string_view parent,
                  std::optional<simdjson::dom::object>& out);
Result ReadArray(const simdjson::dom::object& object, std::string_view key,
                 std::string_view parent,
                 std::optional<simdjson::dom::array>& out);

}  // namespace linktor::kinds
