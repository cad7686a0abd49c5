// Plain sockets, to say to HTTP code what no well-behaved library would say.
// Everything fails after ten seconds instead of hanging.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "tests/support/http_reader.h"

namespace linktor {

// One connected socket.
class TestSocket {
 public:
  explicit TestSocket(int fd);
  // Connects to "127.0.0.1:8080", from a free port of `from`, an address of the
  // loopback.
  static TestSocket Connect(const std::string& address,
                            const std::string& from = "127.0.0.1");
  ~TestSocket();
  TestSocket(TestSocket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), reader_(std::move(other.reader_)) {}
  TestSocket& operator=(TestSocket&&) = delete;

  // False when the other side has closed.
  bool Send(std::string_view bytes) const;
  // One HTTP message: head, and as much body as its Content-Length says.
  // Empty when the connection closed first.
  std::string ReadMessage();
  // As ReadMessage, without a body: the answer to HEAD or a 100.
  std::string ReadHead();
  // Whether the other side closes without another byte.
  bool ReadsEnd();
  // Tells the other side that no more will be sent.
  void EndWriting() const;
  // The descriptor, for who speaks another protocol over it.
  int fd() const { return fd_; }

 private:
  bool ReadMore(std::string& out) const;

  int fd_;
  HttpReader reader_;
};

// A port nobody listens on, as "127.0.0.1:<port>".
std::string ClosedAddress();

// Accepts connections and gives each to `serve`, one after the other, on a
// thread of its own.
class TestServer {
 public:
  using Serve = std::function<void(TestSocket&)>;

  explicit TestServer(Serve serve, std::string host = "127.0.0.1");
  ~TestServer();

  std::string url(std::string_view path) const;

 private:
  void Run();

  const Serve serve_;
  const std::string host_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace linktor
