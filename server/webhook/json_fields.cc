#include "server/webhook/json_fields.h"

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"

namespace linktor {

namespace dom = simdjson::dom;

std::string_view TypeName(const dom::element& value) {
  switch (value.type()) {
    case dom::element_type::ARRAY:
      return "an array";
    case dom::element_type::OBJECT:
      return "an object";
    case dom::element_type::STRING:
      return "a string";
    case dom::element_type::BOOL:
      return "a boolean";
    case dom::element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

Misfit Wrong(const dom::element& value, std::string_view wanted,
             std::string path) {
  return {
      absl::StrCat("is ", ToAbsl(TypeName(value)), ", not ", ToAbsl(wanted)),
      std::move(path)};
}

std::optional<dom::element> Member(const dom::object& object,
                                   std::string_view key) {
  dom::element value;
  if (object.at_key(key).get(value) != simdjson::SUCCESS || value.is_null()) {
    return std::nullopt;
  }
  return value;
}

Result ReadString(const dom::object& object, std::string_view key,
                  std::string_view parent, std::string& out) {
  const auto value = Member(object, key);
  if (!value.has_value()) return std::nullopt;
  std::string_view text;
  if (value->get(text) != simdjson::SUCCESS) {
    return Wrong(*value, "a string",
                 absl::StrCat(ToAbsl(parent), ".", ToAbsl(key)));
  }
  out = std::string(text);
  return std::nullopt;
}

Result ReadId(const dom::object& object, std::string_view key,
              std::string_view parent, std::string& out) {
  const auto value = Member(object, key);
  if (!value.has_value()) return std::nullopt;
  std::uint64_t number = 0;
  if (value->get(number) == simdjson::SUCCESS) {
    out = std::to_string(number);
    return std::nullopt;
  }
  return ReadString(object, key, parent, out);
}

Result ReadObject(const dom::object& object, std::string_view key,
                  std::string_view parent, std::optional<dom::object>& out) {
  const auto value = Member(object, key);
  if (!value.has_value()) return std::nullopt;
  dom::object found;
  if (value->get(found) != simdjson::SUCCESS) {
    return Wrong(*value, "an object",
                 absl::StrCat(ToAbsl(parent), ".", ToAbsl(key)));
  }
  out = found;
  return std::nullopt;
}

Result ReadBool(const dom::object& object, std::string_view key,
                std::string_view parent, bool& out) {
  const auto value = Member(object, key);
  if (!value.has_value()) return std::nullopt;
  if (value->get(out) != simdjson::SUCCESS) {
    return Wrong(*value, "a boolean",
                 absl::StrCat(ToAbsl(parent), ".", ToAbsl(key)));
  }
  return std::nullopt;
}

Result ReadArray(const dom::object& object, std::string_view key,
                 std::string_view parent, std::optional<dom::array>& out) {
  const auto value = Member(object, key);
  if (!value.has_value()) return std::nullopt;
  dom::array found;
  if (value->get(found) != simdjson::SUCCESS) {
    return Wrong(*value, "an array",
                 absl::StrCat(ToAbsl(parent), ".", ToAbsl(key)));
  }
  out = found;
  return std::nullopt;
}

}  // namespace linktor
