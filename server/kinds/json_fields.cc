#include "server/kinds/json_fields.h"

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "server/kinds/event_time.h"

namespace linktor::kinds {

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
  return {wanted, std::move(path), TypeName(value)};
}

void Describe(const Misfit& misfit, std::string& out) {
  out.clear();
  if (!misfit.found.empty()) {
    absl::StrAppend(&out, "is ", ToAbsl(misfit.found), ", not ");
  }
  out.append(misfit.problem);
}

std::optional<dom::element> Member(const dom::object& object,
                                   std::string_view key) {
  dom::element value;
  if (object.at_key(key).get(value) != simdjson::SUCCESS || value.is_null()) {
    return std::nullopt;
  }
  return value;
}

namespace {

// Fills `out` with the member, if it is there, as a `Value`. `path` makes the
// path and is called only when the member has another type.
template <typename Value, typename Path, typename Out>
Result ReadAs(const dom::element& member, std::string_view wanted, Path path,
              Out& out) {
  Value value;
  if (member.get(value) != simdjson::SUCCESS) {
    return Wrong(member, wanted, path());
  }
  out = value;
  return std::nullopt;
}

template <typename Value, typename Out>
Result ReadAt(const dom::element& member, std::string_view path,
              std::string_view wanted, Out& out) {
  return ReadAs<Value>(
      member, wanted, [path] { return std::string(path); }, out);
}

template <typename Value, typename Out>
Result ReadIn(const dom::object& object, std::string_view key,
              std::string_view parent, std::string_view wanted, Out& out) {
  const std::optional<dom::element> member = Member(object, key);
  if (!member.has_value()) return std::nullopt;
  return ReadAs<Value>(
      *member, wanted,
      [&] { return absl::StrCat(ToAbsl(parent), ".", ToAbsl(key)); }, out);
}

constexpr std::string_view kString = "a string";
constexpr std::string_view kBoolean = "a boolean";
constexpr std::string_view kInteger = "a whole number";
constexpr std::string_view kObject = "an object";
constexpr std::string_view kArray = "an array";

}  // namespace

Result ReadString(const dom::element& member, std::string_view path,
                  std::string& out) {
  return ReadAt<std::string_view>(member, path, kString, out);
}

Result ReadBool(const dom::element& member, std::string_view path, bool& out) {
  return ReadAt<bool>(member, path, kBoolean, out);
}

Result ReadTime(const dom::element& member, std::string_view path,
                std::int64_t& out) {
  std::string_view text;
  std::int64_t number = 0;
  std::int64_t ms = 0;
  if (member.get(number) == simdjson::SUCCESS) {
    ms = EventTimeOf(number);
  } else if (member.get(text) == simdjson::SUCCESS) {
    ms = ParseEventTime(text);
  }
  if (ms == 0) return Misfit{"is not a time", std::string(path)};
  out = ms;
  return std::nullopt;
}

Result ReadObject(const dom::element& member, std::string_view path,
                  std::optional<dom::object>& out) {
  return ReadAt<dom::object>(member, path, kObject, out);
}

Result ReadArray(const dom::element& member, std::string_view path,
                 std::optional<dom::array>& out) {
  return ReadAt<dom::array>(member, path, kArray, out);
}

Result ReadString(const dom::object& object, std::string_view key,
                  std::string_view parent, std::string& out) {
  return ReadIn<std::string_view>(object, key, parent, kString, out);
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

Result ReadInteger(const dom::object& object, std::string_view key,
                   std::string_view parent, std::int64_t& out) {
  return ReadIn<std::int64_t>(object, key, parent, kInteger, out);
}

Result ReadObject(const dom::object& object, std::string_view key,
                  std::string_view parent, std::optional<dom::object>& out) {
  return ReadIn<dom::object>(object, key, parent, kObject, out);
}

Result ReadArray(const dom::object& object, std::string_view key,
                 std::string_view parent, std::optional<dom::array>& out) {
  return ReadIn<dom::array>(object, key, parent, kArray, out);
}

}  // namespace linktor::kinds
