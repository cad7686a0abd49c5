// These are plain sockets for tests of HTTP code. A test can send bytes with
// them that no correct HTTP library would send. Every call fails after ten
// seconds, so a test does not hang.

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
  // Connects to an address such as "127.0.0.1:8080". The connection comes from
  // a free port of `from`, which is a loopback address.
  static TestSocket Connect(const std::string& address,
                            const std::string& from = "127.0.0.1");
  ~TestSocket();
  TestSocket(TestSocket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), reader_(std::move(other.reader_)) {}
  TestSocket& operator=(TestSocket&&) = delete;

  // Sends the bytes. Returns false when the other side has closed.
  bool Send(std::string_view bytes) const;
  // Returns one HTTP message: its head, and the body whose size its
  // Content-Length gives. The result is empty when the connection was closed
  // first.
  std::string ReadMessage();
  // Returns a message that has no body: the answer to HEAD, or an answer with
  // status 100.
  std::string ReadHead();
  // Waits until the other side closes. Returns whether it closed without
  // sending another byte.
  bool ReadsEnd();
  // Tells the other side that this side sends no more bytes.
  void EndWriting() const;
  // Returns the file descriptor, for tests that speak another protocol over the
  // socket.
  int fd() const { return fd_; }

 private:
  bool ReadMore(std::string& out) const;

  int fd_;
  HttpReader reader_;
};

// Returns an address at which no process listens, as "127.0.0.1:<port>".
std::string ClosedAddress();

// A TestServer accepts connections on its own thread and passes each to
// `serve`, one after the other.
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
