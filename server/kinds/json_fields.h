// Reads members of JSON objects. The files of the kinds and the readers of
// items and messages call these functions, on the thread that parses the
// webhook. They are pure. The JSON must not change during a call, or while an
// object or array that was read from it is in use.
//
// A member that is absent or null is no error, because Instagram often leaves
// members out. The function then does not change its output. A member of a
// wrong type is a Misfit (misfit.h), and the function does not change its
// output either. Only ReadId and ReadTime accept a value of another type and
// convert it.

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

// Returns the first member with the name `key`. Returns nullopt when that
// member is absent or null. Each call searches through the object, so many
// searches in a large object cost much.
std::optional<simdjson::dom::element> Member(
    const simdjson::dom::object& object, std::string_view key);

// A MemberNames is a list of at most N different names that a Members looks for
// together. A search compares a name only with the few names of the same
// length.
template <std::size_t N>
class MemberNames {
 public:
  // No name in the list may be longer than this.
  static constexpr std::size_t kMaxSize = 40;

  // The text of the names must outlive this object.
  constexpr explicit MemberNames(std::span<const std::string_view> names = {}) {
    static_assert(N <= 64);
    std::copy(names.begin(), names.end(), names_.begin());
    first_.fill(N);
    // The loop runs backwards, so that Find compares names in the order of the
    // list.
    for (std::size_t i = names.size(); i-- > 0;) {
      std::uint8_t& first = first_.at(names[i].size());
      next_.at(i) = first;
      first = static_cast<std::uint8_t>(i);
    }
  }

  // Returns the index of the name in the list, or N when the list does not have
  // it.
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
  // For each length, first_ has the index of the first name with that length.
  // For each name, next_ has the index of the next name with the same length.
  // The index N means that there is no further name.
  std::array<std::uint8_t, kMaxSize + 1> first_{};
  std::array<std::uint8_t, N> next_{};
};

// A Members has at most N members of an object. It finds them in one pass
// through the object; a separate search for each member would need a pass for
// each. If a name occurs several times, its first member counts. A member that
// is null counts as absent. A member has the same index as its name has in the
// MemberNames.
template <std::size_t N>
class Members {
 public:
  // Goes through `object` once. The JSON must live as long as this Members.
  // `names` is not needed after the constructor.
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
  // Returns a number in which the bit `i` is set if the member with the name
  // `i` is there and not null.
  std::uint64_t there() const { return there_; }
  // Returns whether the object has members of other names, too.
  bool has_others() const { return has_others_; }
  // Returns the member with the name `i`, or nullopt when it is absent or null.
  std::optional<simdjson::dom::element> operator[](std::size_t i) const {
    if (!Has(i)) return std::nullopt;
    return found_[i].element;
  }

 private:
  // A Place has no element until a member is found for it. It would take longer
  // to construct all N elements than to find the members.
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

// These functions read a member that the caller has found already. `path` is
// the JSON path of the member, such as "$.message.mid"; it is copied only into
// a Misfit.
Result ReadString(const simdjson::dom::element& member, std::string_view path,
                  std::string& out);
Result ReadBool(const simdjson::dom::element& member, std::string_view path,
                bool& out);
// Reads a time into milliseconds since the epoch. The time is a number or a
// text as in event_time.h. Every other value is a Misfit.
Result ReadTime(const simdjson::dom::element& member, std::string_view path,
                std::int64_t& out);
Result ReadObject(const simdjson::dom::element& member, std::string_view path,
                  std::optional<simdjson::dom::object>& out);
Result ReadArray(const simdjson::dom::element& member, std::string_view path,
                 std::optional<simdjson::dom::array>& out);

// These functions read a result of Members or Member. Most members of most
// items are absent, and then these functions return at once.
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

// These functions first search for the member `key` of `object`, as Member
// does. `parent` is the path of the object. The path in a Misfit is `parent`, a
// dot and `key`.
Result ReadString(const simdjson::dom::object& object, std::string_view key,
                  std::string_view parent, std::string& out);
// Reads an id, which should be a string. A whole number is converted into a
// string, because the test webhooks of Meta's dashboard and the webhooks about
// ads sometimes have numbers. It does not check the length of the id or its
// characters.
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
