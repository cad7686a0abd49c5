#include "tests/support/http_reader.h"

#include <strings.h>

#include <cstdlib>
#include <string_view>

namespace linktor {
namespace {

// Returns the value of Content-Length in a head; 0 when it has none.
std::size_t ContentLength(std::string_view head) {
  constexpr std::string_view kName = "content-length:";
  for (std::size_t i = 0; i + kName.size() < head.size(); ++i) {
    if (strncasecmp(head.data() + i, kName.data(), kName.size()) == 0) {
      return std::strtoull(head.data() + i + kName.size(), nullptr, 10);
    }
  }
  return 0;
}

}  // namespace

std::string HttpReader::ReadHead(const ReadMore& read_more) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  while (unread_.find(kEnd) == std::string::npos) {
    if (!read_more(unread_)) return "";
  }
  const std::size_t size = unread_.find(kEnd) + kEnd.size();
  std::string head = unread_.substr(0, size);
  unread_.erase(0, size);
  return head;
}

std::string HttpReader::ReadMessage(const ReadMore& read_more) {
  std::string message = ReadHead(read_more);
  const std::size_t length = ContentLength(message);
  while (unread_.size() < length) {
    if (!read_more(unread_)) return "";
  }
  message.append(unread_, 0, length);
  unread_.erase(0, length);
  return message;
}

}  // namespace linktor
