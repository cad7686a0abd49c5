// Reads members of JSON objects. The readers of the kinds and of the messaging
// item call these functions, on the thread that parses the webhook. They are
// pure. The JSON must not change during a call. It must not change either while
// an object or array that was read from it is in use.
//
// A member that is absent or null is no error, because Instagram often leaves
// members out. It leaves the output as it is. A member of a wrong type is a
// Misfit (misfit.h), and it leaves the output as it is, too. Only ReadId and
// ReadTime convert a type.

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

// Returns the type of the value with an article, such as "an array". The text
// is constant, because Misfit::found needs constant text.
std::string_view TypeName(const simdjson::dom::element& value);

// Returns the Misfit of a value at `path` that should have been `wanted`.
// `wanted` is constant text such as "a string".
Misfit Wrong(const simdjson::dom::element& value, std::string_view wanted,
             std::string path);

// Returns the first member of that name, or nothing when that member is absent
// or null. It searches through the object. So it costs much to search a large
// object many times.
std::optional<simdjson::dom::element> Member(
    const simdjson::dom::object& object, std::string_view key);

// A MemberNames is a list of at most N different names that are looked for
// together. A search compares a name only with the few names of the same size.
template <std::size_t N>
class MemberNames {
 public:
  // No name of a list may be longer.
  static constexpr std::size_t kMaxSize = 40;

  // The text of the names must outlive this.
  constexpr explicit MemberNames(std::span<const std::string_view> names = {}) {
    static_assert(N <= 64);
    std::copy(names.begin(), names.end(), names_.begin());
    first_.fill(N);
    // The loop runs backwards, so that Find compares the first names of the
    // list first.
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
  // `a` and `b` have the same size. Most names differ in their first character,
  // so it is compared first.
  static constexpr bool IsSame(std::string_view a, std::string_view b) {
    return a.empty() || (a.front() == b.front() && a == b);
  }

  std::array<std::string_view, N> names_{};
  // For each size, first_ has the index of the first name of that size. For
  // each name, next_ has the index of the next name of the same size. N ends
  // the list.
  std::array<std::uint8_t, kMaxSize + 1> first_{};
  std::array<std::uint8_t, N> next_{};
};

// A Members has at most N members of an object. It finds them in one pass
// through the object. A search for each member would cost one pass for each. If
// a name occurs several times, its first member counts. A member that is null
// counts as absent. A member has the same index as its name in the MemberNames.
template <std::size_t N>
class Members {
 public:
  // Goes through `object` once. The object's JSON must live as long as this
  // object. `names` is not needed after the constructor.
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

  // Returns whether the member with the name `i` is there and not null.
  bool Has(std::size_t i) const { return (there_ >> i & 1) != 0; }
  // Returns a number with the bit `i` set if the member with the name `i` is
  // there and not null.
  std::uint64_t there() const { return there_; }
  // Returns whether the object has members of other names, too.
  bool has_others() const { return has_others_; }
  // Returns the member with the name `i`, or nothing when it is absent or null.
  std::optional<simdjson::dom::element> operator[](std::size_t i) const {
    if (!Has(i)) return std::nullopt;
    return found_[i].element;
  }

 private:
  // A Place has no element until one is found. It would cost more to construct
  // all elements than to find the members that are there.
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

// These read a member that was found already. `path` is the JSON path of the
// member, such as "$.message.mid"; only a Misfit copies it.
Result ReadString(const simdjson::dom::element& member, std::string_view path,
                  std::string& out);
Result ReadBool(const simdjson::dom::element& member, std::string_view path,
                bool& out);
// Reads a time into milliseconds since the epoch. The time is a number or a
// text as in event_time.h. A value that is no time is a Misfit, whatever type
// it has.
Result ReadTime(const simdjson::dom::element& member, std::string_view path,
                std::int64_t& out);
Result ReadObject(const simdjson::dom::element& member, std::string_view path,
                  std::optional<simdjson::dom::object>& out);
Result ReadArray(const simdjson::dom::element& member, std::string_view path,
                 std::optional<simdjson::dom::array>& out);

// These read what Members and Member have returned. Most members of most items
// are absent, and then these functions return at once.
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

// These search for the member `key` of `object` first, as Member does. `parent`
// is the path of the object. The path in a Misfit is `parent`, a dot and `key`.
Result ReadString(const simdjson::dom::object& object, std::string_view key,
                  std::string_view parent, std::string& out);
// Reads an id, which should be a string. A whole number is made into a string,
// because the dashboard's tests and ads sometimes give numbers. It does not
// check the length of the id or its characters.
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
