// Reads members of a parsed item. Internal to the parser.
//
// A member that is absent or null leaves the output as it is; one of a wrong
// type is a Misfit, which makes the item instagram.unknown.

#pragma once

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace linktor {

// What did not fit, and where, as a JSON path from the item.
struct Misfit {
  // A sentence's end; or, with `found`, what should have been there.
  std::string_view problem;
  std::string path;
  // Without a value here GCC warns of each use that gives none.
  std::string_view found = {};  // NOLINT(*-redundant-member-init)
};

// "is too long", "is a number, not an object".
void Describe(const Misfit& misfit, std::string& out);
using Result = std::optional<Misfit>;

// "an array", for messages.
std::string_view TypeName(const simdjson::dom::element& value);

// `wanted` must last.
Misfit Wrong(const simdjson::dom::element& value, std::string_view wanted,
             std::string path);

// Members that are null count as absent.
std::optional<simdjson::dom::element> Member(
    const simdjson::dom::object& object, std::string_view key);

// Several members of an object, found in one pass over it: the first of each
// name; one that is null counts as absent.
template <std::size_t N>
class Members {
 public:
  Members(const simdjson::dom::object& object,
          const std::array<std::string_view, N>& names) {
    static_assert(N <= 32);
    std::uint32_t seen = 0;
    for (const auto [key, value] : object) {
      for (std::size_t i = 0; i < N; ++i) {
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

// Of members found already; `path` is the member's.
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

// `parent` is the path of `object`.
Result ReadString(const simdjson::dom::object& object, std::string_view key,
                  std::string_view parent, std::string& out);
// Ids are strings; tests and Messenger sometimes give numbers.
Result ReadId(const simdjson::dom::object& object, std::string_view key,
              std::string_view parent, std::string& out);
Result ReadObject(const simdjson::dom::object& object, std::string_view key,
                  std::string_view parent,
                  std::optional<simdjson::dom::object>& out);
Result ReadArray(const simdjson::dom::object& object, std::string_view key,
                 std::string_view parent,
                 std::optional<simdjson::dom::array>& out);

}  // namespace linktor
