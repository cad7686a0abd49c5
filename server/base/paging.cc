#include "server/base/paging.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "server/base/strings.h"

namespace linktor {

int PageSizeOf(std::int32_t asked) {
  return asked == 0 ? kDefaultPageSize : std::min<int>(asked, kMaxPageSize);
}

std::string MakePageToken(PagedList list, std::string_view last_id) {
  std::string plain(1, static_cast<char>(list));
  plain.append(last_id);
  return absl::WebSafeBase64Escape(plain);
}

std::optional<std::string> ReadPageToken(PagedList list,
                                         std::string_view token) {
  if (token.empty()) return "";
  std::string plain;
  if (!absl::WebSafeBase64Unescape(ToAbsl(token), &plain) || plain.size() < 2 ||
      plain.front() != static_cast<char>(list) ||
      absl::WebSafeBase64Escape(plain) != ToAbsl(token)) {
    return std::nullopt;
  }
  return plain.substr(1);
}

}  // namespace linktor
