#include "tests/fuzz/json_slices.h"

#include <boost/json.hpp>

namespace linktor::fuzz {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// Behind the string that begins at `at`.
std::size_t StringEnd(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

// Behind the value that begins at `at`.
std::size_t ValueEnd(std::string_view text, std::size_t at) {
  int depth = 0;
  do {
    switch (text[at]) {
      case '"':
        at = StringEnd(text, at);
        break;
      case '{':
      case '[':
        ++depth;
        ++at;
        break;
      case '}':
      case ']':
        --depth;
        ++at;
        break;
      default:
        // A number or word, or what stands between values.
        ++at;
        if (depth == 0) at = text.find_first_of(",]} \t\r\n", at);
        break;
    }
    if (at == std::string_view::npos) return text.size();
  } while (depth > 0);
  return at;
}

std::size_t SkipBlanks(std::string_view text, std::size_t at) {
  return text.find_first_not_of(kBlanks, at);
}

}  // namespace

std::string_view TrimJson(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::vector<JsonMember> MembersOf(std::string_view text) {
  std::vector<JsonMember> members;
  if (!IsObject(text)) return members;
  std::size_t at = SkipBlanks(text, 1);
  while (text[at] != '}') {
    const std::size_t key_end = StringEnd(text, at);
    const boost::json::value key = boost::json::parse(
        boost::json::string_view(text.data() + at, key_end - at));
    // This goes over the colon.
    at = SkipBlanks(text, SkipBlanks(text, key_end) + 1);
    const std::size_t end = ValueEnd(text, at);
    members.push_back(
        {std::string(key.get_string()), text.substr(at, end - at)});
    at = SkipBlanks(text, end);
    if (text[at] == ',') at = SkipBlanks(text, at + 1);
  }
  return members;
}

std::vector<std::string_view> ElementsOf(std::string_view text) {
  std::vector<std::string_view> elements;
  if (!IsArray(text)) return elements;
  std::size_t at = SkipBlanks(text, 1);
  while (text[at] != ']') {
    const std::size_t end = ValueEnd(text, at);
    elements.push_back(text.substr(at, end - at));
    at = SkipBlanks(text, end);
    if (text[at] == ',') at = SkipBlanks(text, at + 1);
  }
  return elements;
}

}  // namespace linktor::fuzz
