// An HttpReader takes HTTP messages off a stream of bytes, for the test
// sockets.

#pragma once

#include <functional>
#include <string>

namespace linktor {

class HttpReader {
 public:
  // Waits for bytes and appends them. Returns false when there will be none.
  using ReadMore = std::function<bool(std::string& unread)>;

  // Returns one HTTP message: its head, and as much body as its Content-Length
  // says. It is empty when the stream ended first.
  std::string ReadMessage(const ReadMore& read_more);
  // Returns a message that has no body, whatever its head says: the answer to
  // HEAD, or a 100.
  std::string ReadHead(const ReadMore& read_more);
  // Returns whether all bytes that came have been taken.
  bool empty() const { return unread_.empty(); }

 private:
  std::string unread_;
};

}  // namespace linktor
