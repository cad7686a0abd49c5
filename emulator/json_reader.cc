#include "emulator/json_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

void AppendName(std::string* out, std::string_view name) {
  absl::StrAppend(out, "\"", ToAbsl(name), "\"");
}

}  // namespace

JsonReader::JsonReader(const json::value& value,
                       std::initializer_list<std::string_view> known,
                       std::string path)
    : members_(value), path_(std::move(path)) {
  if (!members_.is_object()) {
    Fail(path_.empty() ? "the body must be a JSON object"
                       : absl::StrCat("\"", path_, "\" must be an object"));
    return;
  }
  members_.ForEachUnknown(known, [&](std::string_view name) {
    Fail(absl::StrCat("\"", PathOf(name), "\" is not known here; known are ",
                      absl::StrJoin(known, ", ", AppendName)));
  });
}

std::optional<std::string> JsonReader::String(std::string_view name) {
  const json::value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::string(AsView(value->get_string()));
  Wrong(name, "a string");
  return std::nullopt;
}

std::string JsonReader::RequiredString(std::string_view name) {
  std::string text = String(name).value_or("");
  if (text.empty()) Wrong(name, "a string that is not empty");
  return text;
}

std::optional<bool> JsonReader::Bool(std::string_view name) {
  const json::value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return value->get_bool();
  Wrong(name, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> JsonReader::Integer(std::string_view name,
                                                std::int64_t min,
                                                std::int64_t max) {
  const json::value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  json::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  if (!error && number >= min && number <= max) return number;
  Wrong(name, absl::StrCat("a whole number from ", min, " to ", max));
  return std::nullopt;
}

const json::object* JsonReader::Object(std::string_view name) {
  const json::value* value = Find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) Wrong(name, "an object");
  return value->if_object();
}

const json::array* JsonReader::Array(std::string_view name) {
  const json::value* value = Find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) Wrong(name, "an array");
  return value->if_array();
}

void JsonReader::Wrong(std::string_view name, std::string_view wanted) {
  Fail(absl::StrCat("\"", PathOf(name), "\" must be ", ToAbsl(wanted)));
}

void JsonReader::Fail(std::string_view sentence) {
  if (status_.ok()) status_ = absl::InvalidArgumentError(ToAbsl(sentence));
}

std::string JsonReader::PathOf(std::string_view name) const {
  std::string path = path_;
  if (!path.empty()) path.push_back('.');
  path.append(name);
  return path;
}

}  // namespace linktor::emulator
