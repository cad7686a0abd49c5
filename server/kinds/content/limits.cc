#include "server/kinds/content/limits.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace linktor::kinds {
namespace {

bool IsHttpUrl(std::string_view url) {
  std::string_view rest;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (url.starts_with(scheme)) rest = url.substr(scheme.size());
  }
  const bool clean = std::none_of(url.begin(), url.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
  });
  return clean && !rest.empty() && rest.find_first_of("/?#:") != 0;
}

}  // namespace

std::size_t CountCharacters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void Violations::Characters(const std::string& text, std::size_t least,
                            std::size_t most, std::string field) {
  const std::size_t count = CountCharacters(text);
  if (count >= least && count <= most) return;
  Add(std::move(field), absl::StrCat("must have ", least, " to ", most,
                                     " characters; it has ", count));
}

void Violations::Count(int count, int least, int most, std::string field) {
  if (count >= least && count <= most) return;
  Add(std::move(field), absl::StrCat("must have ", least, " to ", most,
                                     " entries; it has ", count));
}

void Violations::Payload(const std::string& payload, std::string field) {
  if (!payload.empty() && payload.size() <= kMaxPayloadBytes) return;
  Add(std::move(field), absl::StrCat("must have 1 to ", kMaxPayloadBytes,
                                     " bytes; it has ", payload.size()));
}

void Violations::Url(const std::string& url, std::string field) {
  if (url.empty()) return Add(std::move(field), "is required");
  if (url.size() > kMaxUrlBytes) {
    return Add(
        std::move(field),
        absl::StrCat("is ", url.size(), " bytes; at most ", kMaxUrlBytes));
  }
  if (!IsHttpUrl(url)) {
    Add(std::move(field), "must be an http or https URL with a host");
  }
}

}  // namespace linktor::kinds
