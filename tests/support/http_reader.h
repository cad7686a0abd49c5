// An HttpReader splits a stream of bytes into HTTP messages, for the test
// sockets.

#pragma once

#include <functional>
#include <string>

namespace linktor {

class HttpReader {
 public:
  // Waits for bytes and appends them. Returns false when no more bytes will
  // come.
  using ReadMore = std::function<bool(std::string& unread)>;

  // Returns one HTTP message: its head, and the body whose size its
  // Content-Length gives. The result is empty when the stream ended first.
  std::string ReadMessage(const ReadMore& read_more);
  // Returns a message that has no body, even if its head announces one: the
  // answer to HEAD, or an answer with status 100.
  std::string ReadHead(const ReadMore& read_more);
  // Returns whether all received bytes have been returned.
  bool empty() const { return unread_.empty(); }

 private:
  std::string unread_;
};

}  // namespace linktor
