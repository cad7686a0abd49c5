#include "tests/support/test_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
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

// Returns a socket that is bound to a free port of `host`, and sets `port`.
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

}  // namespace

TestSocket::TestSocket(int fd) : fd_(fd) {
  const timeval timeout{.tv_sec = kTimeoutSeconds, .tv_usec = 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

TestSocket TestSocket::Connect(const std::string& address,
                               const std::string& from) {
  const std::size_t colon = address.rfind(':');
  const sockaddr_in to = AddressOf(
      address.substr(0, colon),
      static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  const sockaddr_in own = AddressOf(from, 0);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // With this option the kernel chooses the port when both ends are known;
  // otherwise few connections would use up the ports of an address.
  const int on = 1;
  if (fd < 0 ||
      setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) !=
          0 ||
      bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof(own)) != 0 ||
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

std::string TestSocket::ReadHead() {
  return reader_.ReadHead([this](std::string& out) { return ReadMore(out); });
}

std::string TestSocket::ReadMessage() {
  return reader_.ReadMessage(
      [this](std::string& out) { return ReadMore(out); });
}

bool TestSocket::ReadMore(std::string& out) const {
  char buffer[4096];
  const ssize_t n = recv(fd_, buffer, sizeof(buffer), 0);
  if (n <= 0) return false;
  out.append(buffer, static_cast<std::size_t>(n));
  return true;
}

bool TestSocket::ReadsEnd() {
  if (!reader_.empty()) return false;
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
  // This wakes the thread that is in accept.
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
