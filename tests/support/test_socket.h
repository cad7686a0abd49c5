// Plain sockets can say to HTTP code what no well-behaved library would say.
// Every call fails after ten seconds instead of hanging.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "tests/support/http_reader.h"

namespace linktor {

// A TestSocket is one connected socket.
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

  // Returns false when the other side has closed.
  bool Send(std::string_view bytes) const;
  // Returns one HTTP message: its head, and as much body as its Content-Length
  // says. It is empty when the connection closed first.
  std::string ReadMessage();
  // Returns a message that has no body: the answer to HEAD, or a 100.
  std::string ReadHead();
  // Waits for the end, and returns whether the other side closes without
  // another byte.
  bool ReadsEnd();
  // Tells the other side that no more will be sent.
  void EndWriting() const;
  // Returns the descriptor, for tests that speak another protocol over it.
  int fd() const { return fd_; }

 private:
  bool ReadMore(std::string& out) const;

  int fd_;
  HttpReader reader_;
};

// Returns an address on which nobody listens, as "127.0.0.1:<port>".
std::string ClosedAddress();

// A TestServer accepts connections and gives each to `serve`, one after the
// other, on a thread of its own.
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
