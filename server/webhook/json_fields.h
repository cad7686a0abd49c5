// Reads members of a parsed item. Internal to the parser.
//
// A member that is absent or null leaves the output as it is; one of a wrong
// type is a Misfit, which makes the item instagram.unknown.

#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace linktor {

// What did not fit, and where, as a JSON path from the item.
struct Misfit {
  std::string problem;
  std::string path;
};
using Result = std::optional<Misfit>;

// "an array", for messages.
std::string_view TypeName(const simdjson::dom::element& value);

// "is a number, not an object".
Misfit Wrong(const simdjson::dom::element& value, std::string_view wanted,
             std::string path);

// Members that are null count as absent.
std::optional<simdjson::dom::element> Member(
    const simdjson::dom::object& object, std::string_view key);

// `parent` is the path of `object`.
Result ReadString(const simdjson::dom::object& object, std::string_view key,
                  std::string_view parent, std::string& out);
// Ids are strings; tests and Messenger sometimes give numbers.
Result ReadId(const simdjson::dom::object& object, std::string_view key,
              std::string_view parent, std::string& out);
Result ReadBool(const simdjson::dom::object& object, std::string_view key,
                std::string_view parent, bool& out);
Result ReadObject(const simdjson::dom::object& object, std::string_view key,
                  std::string_view parent,
                  std::optional<simdjson::dom::object>& out);
Result ReadArray(const simdjson::dom::object& object, std::string_view key,
                 std::string_view parent,
                 std::optional<simdjson::dom::array>& out);

}  // namespace linktor
