#include "tests/support/test_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace linktor {
namespace {

constexpr int kTimeoutSeconds = 10;

sockaddr_in AddressOf(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) std::abort();
  return address;
}

// Bound to a free port of `host`, which it tells.
int BindAny(const std::string& host, std::uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = AddressOf(host, 0);
  socklen_t size = sizeof(address);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port = ntohs(address.sin_port);
  return fd;
}

// The value of Content-Length in a head; 0 when it has none.
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

TestSocket::TestSocket(int fd) : fd_(fd) {
  const timeval timeout{.tv_sec = kTimeoutSeconds, .tv_usec = 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

TestSocket TestSocket::Connect(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const sockaddr_in to = AddressOf(
      address.substr(0, colon),
      static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 ||
      connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) {
    std::abort();
  }
  return TestSocket(fd);
}

TestSocket::~TestSocket() {
  if (fd_ >= 0) close(fd_);
}

bool TestSocket::Send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool TestSocket::ReadMore() {
  char buffer[4096];
  const ssize_t n = recv(fd_, buffer, sizeof(buffer), 0);
  if (n <= 0) return false;
  unread_.append(buffer, static_cast<std::size_t>(n));
  return true;
}

bool TestSocket::ReadUntil(std::string_view end) {
  while (unread_.find(end) == std::string::npos) {
    if (!ReadMore()) return false;
  }
  return true;
}

std::string TestSocket::ReadHead() {
  constexpr std::string_view kEnd = "\r\n\r\n";
  if (!ReadUntil(kEnd)) return "";
  const std::size_t size = unread_.find(kEnd) + kEnd.size();
  std::string head = unread_.substr(0, size);
  unread_.erase(0, size);
  return head;
}

std::string TestSocket::ReadMessage() {
  std::string message = ReadHead();
  const std::size_t length = ContentLength(message);
  while (unread_.size() < length) {
    if (!ReadMore()) return "";
  }
  message.append(unread_, 0, length);
  unread_.erase(0, length);
  return message;
}

bool TestSocket::ReadsEnd() {
  if (!unread_.empty()) return false;
  char byte = 0;
  const ssize_t n = recv(fd_, &byte, 1, 0);
  return n == 0 || (n < 0 && errno == ECONNRESET);
}

void TestSocket::EndWriting() const { shutdown(fd_, SHUT_WR); }

std::string ClosedAddress() {
  std::uint16_t port = 0;
  close(BindAny("127.0.0.1", port));
  return "127.0.0.1:" + std::to_string(port);
}

TestServer::TestServer(Serve serve, std::string host)
    : serve_(std::move(serve)), host_(std::move(host)) {
  fd_ = BindAny(host_, port_);
  if (listen(fd_, SOMAXCONN) != 0) std::abort();
  thread_ = std::thread([this] { Run(); });
}

TestServer::~TestServer() {
  // Wakes the accept.
  shutdown(fd_, SHUT_RDWR);
  thread_.join();
  close(fd_);
}

std::string TestServer::url(std::string_view path) const {
  return "http://" + host_ + ":" + std::to_string(port_) + std::string(path);
}

void TestServer::Run() {
  for (;;) {
    const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    TestSocket socket(fd);
    serve_(socket);
  }
}

}  // namespace linktor
