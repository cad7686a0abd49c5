#include "server/policy/content.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"

namespace linktor {

std::size_t CountCharacters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<FieldViolation> CheckContent(const v1::MessageContent& content) {
  std::vector<FieldViolation> found;
  switch (content.content_case()) {
    case v1::MessageContent::kText:
      if (content.text().empty()) {
        found.push_back({"content.text", "must not be empty"});
      } else if (content.text().size() > kMaxTextBytes) {
        found.push_back(
            {"content.text",
             absl::StrCat("is ", content.text().size(),
                          " bytes of UTF-8; Instagram takes at most ",
                          kMaxTextBytes)});
      }
      break;
    case v1::MessageContent::CONTENT_NOT_SET:
      found.push_back({"content", "must have one of: text"});
      break;
  }
  return found;
}

std::vector<FieldViolation> CheckIceBreakers(
    const google::protobuf::RepeatedPtrField<v1::IceBreaker>& ice_breakers,
    std::string_view path) {
  std::vector<FieldViolation> found;
  if (ice_breakers.empty() || ice_breakers.size() > kMaxIceBreakers) {
    found.push_back({std::string(path),
                     absl::StrCat("must have 1 to ", kMaxIceBreakers,
                                  " entries; it has ", ice_breakers.size())});
  }
  for (int i = 0; i < ice_breakers.size(); ++i) {
    const v1::IceBreaker& entry = ice_breakers[i];
    const std::string at = absl::StrCat(ToAbsl(path), "[", i, "]");
    const std::size_t characters = CountCharacters(entry.question());
    if (characters == 0 || characters > kMaxQuestionCharacters) {
      found.push_back({absl::StrCat(at, ".question"),
                       absl::StrCat("must have 1 to ", kMaxQuestionCharacters,
                                    " characters; it has ", characters)});
    }
    if (entry.payload().empty() || entry.payload().size() > kMaxPayloadBytes) {
      found.push_back(
          {absl::StrCat(at, ".payload"),
           absl::StrCat("must have 1 to ", kMaxPayloadBytes, " bytes; it has ",
                        entry.payload().size())});
    }
  }
  return found;
}

}  // namespace linktor
