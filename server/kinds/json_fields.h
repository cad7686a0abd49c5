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

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

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

// A MemberNames is a list of at most N names that are looked for together, all
// different. A name is compared with those of its size alone, which are few.
template <std::size_t N>
class MemberNames {
 public:
  // No name of a list is longer.
  static constexpr std::size_t kMaxSize = 40;

  // The text of the names must outlive this.
  constexpr explicit MemberNames(std::span<const std::string_view> names = {}) {
    static_assert(N <= 64);
    std::copy(names.begin(), names.end(), names_.begin());
    first_.fill(N);
    // The first names of the list are found first.
    for (std::size_t i = names.size(); i-- > 0;) {
      std::uint8_t& first = first_.at(names[i].size());
      next_.at(i) = first;
      first = static_cast<std::uint8_t>(i);
    }
  }

  // Returns the index of the name in the list; N when it is not there.
  constexpr std::size_t Find(std::string_view name) const {
    if (name.size() > kMaxSize) return N;
    std::size_t i = first_[name.size()];
    while (i != N && !IsSame(names_[i], name)) i = next_[i];
    return i;
  }

 private:
  // Both have the same size. Most names differ in their first character.
  static constexpr bool IsSame(std::string_view a, std::string_view b) {
    return a.empty() || (a.front() == b.front() && a == b);
  }

  std::array<std::string_view, N> names_{};
  // For each size there is the index of one name, and for each name that of
  // another one of its size; N ends the list.
  std::array<std::uint8_t, kMaxSize + 1> first_{};
  std::array<std::uint8_t, N> next_{};
};

// At most N members of an object, found in one pass over it, because a look-up
// of each would cost a pass of its own. The first member of each name counts;
// one that is null counts as absent. A member's index is that of its name.
template <std::size_t N>
class Members {
 public:
  // Goes through `object` once. The names are not needed afterwards; the
  // object's JSON is.
  Members(const simdjson::dom::object& object, const MemberNames<N>& names) {
    std::uint64_t seen = 0;
    for (const auto [key, value] : object) {
      const std::size_t i = names.Find(key);
      if (i == N) {
        has_others_ = true;
        continue;
      }
      const std::uint64_t bit = std::uint64_t{1} << i;
      if ((seen & bit) == 0 && !value.is_null()) {
        std::construct_at(&found_[i].element, value);
        there_ |= bit;
      }
      seen |= bit;
    }
  }

  // Returns whether the member of the name `i` is there and not null.
  bool Has(std::size_t i) const { return (there_ >> i & 1) != 0; }
  // Returns the bits of all names whose member is there and not null.
  std::uint64_t there() const { return there_; }
  // Returns whether the object has members of other names, too.
  bool has_others() const { return has_others_; }
  // Returns the member of the name `i`; nothing when it is absent or null.
  std::optional<simdjson::dom::element> operator[](std::size_t i) const {
    if (!Has(i)) return std::nullopt;
    return found_[i].element;
  }

 private:
  // A Place has no element until one is found: to make them all would cost more
  // than to find those that are there.
  union Place {
    Place() {}
    simdjson::dom::element element;
  };
  static_assert(std::is_trivially_copyable_v<simdjson::dom::element>);

  // The bit `i` of there_ is set when found_[i] has an element.
  std::array<Place, N> found_;
  std::uint64_t there_ = 0;
  bool has_others_ = false;
};

// These read a member that was found already. `path` is the member's own, such
// as "$.message.mid"; only a Misfit copies it.
Result ReadString(const simdjson::dom::element& member, std::string_view path,
                  std::string& out);
Result ReadBool(const simdjson::dom::element& member, std::string_view path,
                bool& out);
// Reads a time, which is a number or a text as in event_time.h, into
// milliseconds since the epoch. What is no time is a Misfit, whatever its type.
Result ReadTime(const simdjson::dom::element& member, std::string_view path,
                std::int64_t& out);
Result ReadObject(const simdjson::dom::element& member, std::string_view path,
                  std::optional<simdjson::dom::object>& out);
Result ReadArray(const simdjson::dom::element& member, std::string_view path,
                 std::optional<simdjson::dom::array>& out);

// These do the same with what Members and Member return. Most members of most
// items are absent, and then nothing is called.
inline Result ReadString(const std::optional<simdjson::dom::element>& member,
                         std::string_view path, std::string& out) {
  return member.has_value() ? ReadString(*member, path, out) : std::nullopt;
}
inline Result ReadBool(const std::optional<simdjson::dom::element>& member,
                       std::string_view path, bool& out) {
  return member.has_value() ? ReadBool(*member, path, out) : std::nullopt;
}
inline Result ReadTime(const std::optional<simdjson::dom::element>& member,
                       std::string_view path, std::int64_t& out) {
  return member.has_value() ? ReadTime(*member, path, out) : std::nullopt;
}
inline Result ReadObject(const std::optional<simdjson::dom::element>& member,
                         std::string_view path,
                         std::optional<simdjson::dom::object>& out) {
  return member.has_value() ? ReadObject(*member, path, out) : std::nullopt;
}
inline Result ReadArray(const std::optional<simdjson::dom::element>& member,
                        std::string_view path,
                        std::optional<simdjson::dom::array>& out) {
  return member.has_value() ? ReadArray(*member, path, out) : std::nullopt;
}

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
