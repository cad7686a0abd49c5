// A gRPC server behind a GrpcListener, with a service that is always healthy,
// and the ways to reach it: channels of its own, and plain sockets.

#pragma once

#include <arpa/inet.h>
#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/base/unique_fd.h"
#include "server/rpc/grpc_listener.h"
#include "tests/support/status_matchers.h"

namespace linktor::rpc {

// Whatever a test waits for must come within this time.
constexpr std::chrono::seconds kTestPatience{10};

// Waits until `condition` holds; false when it does not in time. Tests use it
// for what no call or socket announces.
template <typename Condition>
bool Eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + kTestPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::yield();
  }
  return true;
}

// A connected socket that speaks no gRPC.
class RawPeer {
 public:
  // Connects to an address as GrpcListener::address() gives it, from the IPv4
  // address `source`. error() says why it failed.
  explicit RawPeer(const std::string& address, const char* source = nullptr) {
    sockaddr_storage to{};
    const socklen_t size = Parse(address, to);
    fd_ = UniqueFd(socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = kTestPatience.count(), .tv_usec = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (source != nullptr) {
      sockaddr_in from{};
      from.sin_family = AF_INET;
      inet_pton(AF_INET, source, &from.sin_addr);
      if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&from), sizeof(from)) !=
          0) {
        std::abort();
      }
    }
    if (connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), size) != 0) {
      error_ = errno;
    }
  }

  int error() const { return error_; }
  int fd() const { return fd_.get(); }

  // Tells whether the server sends anything, as gRPC does first on plain
  // connections.
  bool IsServed() { return Receive() == 1; }
  // Tells whether the server closes, at once or after what it has sent.
  bool IsClosed() {
    ssize_t n = 0;
    do n = Receive();
    while (n == 1);
    return n == 0;
  }
  // Tells whether the server ends the connection before it sends anything.
  bool IsRefused() { return Receive() == 0; }
  // Tells whether it does so by a reset.
  bool IsReset() { return Receive() == 0 && errno == ECONNRESET; }

 private:
  static socklen_t Parse(const std::string& address, sockaddr_storage& to) {
    if (absl::StartsWith(address, "unix:")) {
      auto& local = reinterpret_cast<sockaddr_un&>(to);
      local.sun_family = AF_UNIX;
      address.copy(local.sun_path, sizeof(local.sun_path) - 1, 5);
      return sizeof(local);
    }
    const std::size_t colon = address.rfind(':');
    const std::string host = address.substr(0, colon);
    auto& v4 = reinterpret_cast<sockaddr_in&>(to);
    v4.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    if (host[0] != '[') {
      v4.sin_family = AF_INET;
      inet_pton(AF_INET, host.c_str(), &v4.sin_addr);
      return sizeof(v4);
    }
    auto& v6 = reinterpret_cast<sockaddr_in6&>(to);
    v6.sin6_family = AF_INET6;
    inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6.sin6_addr);
    return sizeof(v6);
  }

  // Returns 1 for a byte, 0 for an end or a reset, -1 when nothing came in
  // time.
  ssize_t Receive() {
    char byte = 0;
    errno = 0;
    const ssize_t n = recv(fd_.get(), &byte, 1, 0);
    return n < 0 && (errno == ECONNRESET || errno == EPIPE) ? 0 : n;
  }

  UniqueFd fd_;
  int error_ = 0;
};

class GrpcRig {
 public:
  struct Setup {
    GrpcListener::Options listener = {.host = "127.0.0.1"};
    std::shared_ptr<grpc::ServerCredentials> credentials =
        grpc::InsecureServerCredentials();
    int handshake_timeout_ms = 120'000;
    // Otherwise the test calls listener().Start().
    bool start = true;
  };

  explicit GrpcRig(const Setup& setup) {
    // Never released: when the last user of gRPC goes, the library waits for
    // threads of its own.
    grpc_init();
    auto listener = GrpcListener::Bind(setup.listener);
    EXPECT_THAT(listener, IsOk());
    listener_ = *std::move(listener);
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                               setup.handshake_timeout_ms);
    listener_->Attach(builder, setup.credentials);
    server_ = builder.BuildAndStart();
    if (setup.start) listener_->Start();
  }
  GrpcRig() : GrpcRig(Setup{}) {}
  ~GrpcRig() {
    listener_->StopAccepting();
    server_->Shutdown(std::chrono::system_clock::now());
  }
  GrpcRig(const GrpcRig&) = delete;
  GrpcRig& operator=(const GrpcRig&) = delete;

  GrpcListener& listener() { return *listener_; }
  const std::string& address() const { return listener_->address(); }

  // Makes a channel with connections of its own.
  std::shared_ptr<grpc::Channel> Channel(
      const std::shared_ptr<grpc::ChannelCredentials>& credentials =
          grpc::InsecureChannelCredentials()) const {
    return ChannelTo(address(), credentials);
  }
  static std::shared_ptr<grpc::Channel> ChannelTo(
      const std::string& address,
      const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(address, credentials, arguments);
  }

 private:
  class Healthy final : public grpc::health::v1::Health::CallbackService {
    grpc::ServerUnaryReactor* Check(
        grpc::CallbackServerContext* context,
        const grpc::health::v1::HealthCheckRequest*,
        grpc::health::v1::HealthCheckResponse* response) override {
      response->set_status(grpc::health::v1::HealthCheckResponse::SERVING);
      grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
      reactor->Finish(grpc::Status::OK);
      return reactor;
    }
  };

  Healthy service_;
  std::unique_ptr<GrpcListener> listener_;
  std::unique_ptr<grpc::Server> server_;
};

// Makes one call over the channel. It does not wait for the connection to be
// tried again after a failure.
inline grpc::StatusCode Call(const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = grpc::health::v1::Health::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kTestPatience);
  grpc::health::v1::HealthCheckResponse response;
  return stub->Check(&context, {}, &response).error_code();
}

}  // namespace linktor::rpc
