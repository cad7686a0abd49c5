#include "emulator/param_reader.h"

#include <algorithm>
#include <boost/url.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

// Counts the characters of UTF-8: every byte but those that continue a
// character.
std::size_t CharacterCount(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

ParamReader::ParamReader(const json::value& value, std::string path,
                         std::initializer_list<std::string_view> known,
                         std::optional<GraphError>& error)
    : members_(value), path_(std::move(path)), error_(error) {
  if (!members_.is_object()) {
    Fail(InvalidParameter(
        path_.empty() ? "The body must be a JSON object"
                      : absl::StrCat("Param ", path_, " must be an object")));
    return;
  }
  members_.ForEachUnknown(known, [this](std::string_view name) {
    Wrong(name, "is not supported");
  });
}

std::string ParamReader::PathOf(std::string_view name) const {
  if (path_.empty()) return std::string(name);
  return absl::StrCat(path_, "[", ToAbsl(name), "]");
}

std::string ParamReader::Text(std::string_view name) {
  const json::value* value = Find(name);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  if (text != nullptr && !text->empty()) return std::string(AsView(*text));
  Wrong(name, "must be a non-empty string");
  return {};
}

std::string ParamReader::Bytes(std::string_view name, std::size_t max) {
  std::string text = Text(name);
  if (text.size() > max) {
    Fail(InvalidParameter(absl::StrCat("Length of param ", PathOf(name),
                                       " must be less than or equal to ", max,
                                       " bytes, it is ", text.size())));
  }
  return text;
}

std::string ParamReader::Characters(std::string_view name, std::size_t max) {
  std::string text = Text(name);
  if (const std::size_t count = CharacterCount(text); count > max) {
    Fail(InvalidParameter(absl::StrCat("Length of param ", PathOf(name),
                                       " must be less than or equal to ", max,
                                       " characters, it is ", count)));
  }
  return text;
}

std::string ParamReader::Url(std::string_view name) {
  std::string text = Text(name);
  const auto url = boost::urls::parse_uri(text);
  if (!url.has_value() || url->host().empty() ||
      (url->scheme() != "http" && url->scheme() != "https")) {
    Wrong(name, "should represent a valid URL");
  }
  return text;
}

void ParamReader::Constant(std::string_view name, std::string_view wanted) {
  if (Text(name) != wanted) {
    Wrong(name, absl::StrCat("must be ", ToAbsl(wanted)));
  }
}

const json::array* ParamReader::Array(std::string_view name, std::size_t min,
                                      std::size_t max) {
  const json::value* value = Find(name);
  const json::array* array = value == nullptr ? nullptr : value->if_array();
  if (array != nullptr && array->size() >= min && array->size() <= max) {
    return array;
  }
  Wrong(name, absl::StrCat("must be an array of ", min, " to ", max));
  return nullptr;
}

void ParamReader::Fail(GraphError error) {
  if (!error_.has_value()) error_ = std::move(error);
}

void ParamReader::Wrong(std::string_view name, std::string_view what) {
  Fail(InvalidParameter(
      absl::StrCat("Param ", PathOf(name), " ", ToAbsl(what))));
}

}  // namespace linktor::emulator
