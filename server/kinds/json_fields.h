// Reads members of JSON objects. The readers of the kinds and of the messaging
// item call these, on the thread that parses the webhook. Pure. The JSON must
// stay as it is during a call, and as long as an object or array that was read
// from it is used.
//
// A member that is absent or null leaves the output as it is and is no error,
// because Instagram leaves members out freely. A member of a wrong type is a
// Misfit, and leaves the output as it is, too. No function converts a type but
// ReadId and ReadTime.

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

// Returns the type of the value with its article, such as "an array". The text
// is constant, as Misfit.found needs it.
std::string_view TypeName(const simdjson::dom::element& value);

// Returns the Misfit of a value that is at `path` and should have been
// `wanted`, which is constant text such as "a string".
Misfit Wrong(const simdjson::dom::element& value, std::string_view wanted,
             std::string path);

// Returns the first member of that name; nothing when it is absent or null. It
// goes through the object, so that many look-ups in a large one cost much.
std::optional<simdjson::dom::element> Member(
    const simdjson::dom::object& object, std::string_view key);

// At most N members of an object, found in one pass over it, because a look-up
// of each would cost a pass of its own. The first member of each name counts;
// one that is null counts as absent. A member's index is that of its name.
template <std::size_t N>
class Members {
 public:
  // Goes through `object` once. There are at most N names, all different, and
  // they are not needed afterwards; the object's JSON is.
  Members(const simdjson::dom::object& object,
          std::span<const std::string_view> names) {
    static_assert(N <= 64);
    std::uint64_t seen = 0;
    for (const auto [key, value] : object) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (key.size() != names[i].size() || key != names[i]) continue;
        const std::uint64_t bit = std::uint64_t{1} << i;
        if ((seen & bit) == 0 && !value.is_null()) {
          found_[i] = value;
          there_ |= bit;
        }
        seen |= bit;
        break;
      }
    }
  }

  // Returns the member of the name `i`; nothing when it is absent or null.
  std::optional<simdjson::dom::element> operator[](std::size_t i) const {
    if ((there_ >> i & 1) == 0) return std::nullopt;
    return found_[i];
  }

 private:
  // The bit `i` of there_ is set when found_[i] has a member.
  std::array<simdjson::dom::element, N> found_;
  std::uint64_t there_ = 0;
};

// These read a member that was found already. `path` is the member's own, such
// as "$.message.mid"; only a Misfit copies it.
Result ReadString(const std::optional<simdjson::dom::element>& member,
                  std::string_view path, std::string& out);
Result ReadBool(const std::optional<simdjson::dom::element>& member,
                std::string_view path, bool& out);
// Reads a time, which is a number or a text as in event_time.h, into
// milliseconds since the epoch. What is no time is a Misfit, whatever its type.
Result ReadTime(const std::optional<simdjson::dom::element>& member,
                std::string_view path, std::int64_t& out);
Result ReadObject(const std::optional<simdjson::dom::element>& member,
                  std::string_view path,
                  std::optional<simdjson::dom::object>& out);
Result ReadArray(const std::optional<simdjson::dom::element>& member,
                 std::string_view path,
                 std::optional<simdjson::dom::array>& out);

// These look for the member `key` of `object` first, as Member does. The path
// of the object is `parent`, and a Misfit has the two joined by a dot.
Result ReadString(const simdjson::dom::object& object, std::string_view key,
                  std::string_view parent, std::string& out);
// Reads an id, which is a string; a whole number becomes one, because tests of
// the dashboard and ads sometimes give numbers. Neither its length nor its
// characters are checked.
Result ReadId(const simdjson::dom::object& object, std::string_view key,
              std::string_view parent, std::string& out);
Result ReadInteger(const simdjson::dom::object& object, std::string_view key,
                   std::string_view parent, std::int64_t& out);
Result ReadObject(const simdjson::dom::object& object, std::string_view key,
                  std::string_view parent,
                  std::optional<simdjson::dom::object>& out);
Result ReadArray(const simdjson::dom::object& object, std::string_view key,
                 std::string_view parent,
                 std::optional<simdjson::dom::array>& out);

}  // namespace linktor::kinds
