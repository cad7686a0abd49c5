// Takes HTTP messages off a stream of bytes, for the test sockets.

#pragma once

#include <functional>
#include <string>

namespace linktor {

class HttpReader {
 public:
  // Appends bytes that it waits for. False when there will be none.
  using ReadMore = std::function<bool(std::string& unread)>;

  // One HTTP message: head, and as much body as its Content-Length says. Empty
  // when the stream ended first.
  std::string ReadMessage(const ReadMore& read_more);
  // As ReadMessage, without a body: the answer to HEAD, or a 100.
  std::string ReadHead(const ReadMore& read_more);
  // Whether all that came has been taken.
  bool empty() const { return unread_.empty(); }

 private:
  std::string unread_;
};

}  // namespace linktor
