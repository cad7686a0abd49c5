// Accepts connections for a gRPC server, in place of gRPC's own listener, which
// in 1.51 knows no limits and, once the process has run out of descriptors,
// never accepts again.
//
// App uses it in this order, from one thread:
//   Bind, Attach, BuildAndStart of the builder, Start;
//   StopAccepting, Shutdown of the server, destruction.
// A server without a running listener refuses nothing: clients wait in the
// kernel's queue from Bind until Start.
//
// A thread of the listener waits for connections, and for their ends. gRPC
// tells nobody when it closes a socket, but it shuts the socket down first, and
// a duplicate of the descriptor in an epoll set sees that. So a connection
// takes two descriptors, and is counted for exactly as long as it is open.

#pragma once

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "server/base/connection_limits.h"
#include "server/base/unique_fd.h"
#include "server/rpc/listening_sockets.h"

namespace linktor {

class GrpcListener {
 public:
  struct Options {
    // The host is a numeric address or a name; port 0 picks a free one.
    std::string host;
    std::uint16_t port = 0;
    // Unless this is empty, it replaces host and port.
    std::string unix_path;
    // A connection beyond these is reset.
    std::size_t max_connections = 10'000;
    std::size_t max_connections_per_address = 1'000;
  };

  // Binds and listens. Fails as ListeningSockets does.
  static absl::StatusOr<std::unique_ptr<GrpcListener>> Bind(
      const Options& options);

  GrpcListener(const GrpcListener&) = delete;
  GrpcListener& operator=(const GrpcListener&) = delete;
  // Stops accepting. The server must have been shut down.
  ~GrpcListener();

  // Returns "127.0.0.1:50051", "[::1]:50051" or "unix:/run/linktor.sock", with
  // the port in use.
  const std::string& address() const { return sockets_.address(); }

  // Gives the server that `builder` will make this listener's connections, with
  // `credentials`. It may be called once.
  void Attach(grpc::ServerBuilder& builder,
              const std::shared_ptr<grpc::ServerCredentials>& credentials);
  // Accepts from now on. The server must be running, because gRPC neither
  // serves nor closes what it is given before.
  void Start();
  // Ends accepting, waits for the thread and frees the address: whoever
  // connects after it is refused. Open connections live on, but are no longer
  // counted. Calling it again does nothing.
  void StopAccepting();

  // Returns how many connections are open. Thread-safe.
  std::size_t connections() const { return limits_.size(); }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // Passes at most one warning in a while and counts those it holds back.
  class Sparse {
   public:
    // Returns 0, or how many there have been since the last that passed.
    std::size_t Pass();

   private:
    std::size_t held_ = 0;
    SteadyTime next_;
  };

  GrpcListener(const Options& options, ListeningSockets sockets)
      : limits_(options.max_connections, options.max_connections_per_address),
        sockets_(std::move(sockets)) {}

  absl::Status Prepare();
  void Run();
  // Accepts a number of connections that wait at `listening`.
  void Accept(int listening);
  // Hands `fd` to gRPC, unless a limit is reached.
  void Take(UniqueFd fd, const std::string& peer);
  // Begins to wait for the end of a connection; false without a descriptor.
  bool Watch(int fd, const std::string& peer);
  void Forget(int watched);
  void WarnRefused(const std::string& peer, std::string_view reason);
  void Pause(int error);
  void Resume();
  // Returns how long epoll_wait may wait: for ever, unless accepting pauses.
  int TimeoutMs() const;

  ConnectionLimits limits_;
  ListeningSockets sockets_;
  UniqueFd epoll_;
  // It becomes readable when the thread is to end.
  UniqueFd stop_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::thread thread_;
  // The rest belongs to the thread while it runs. The first holds the
  // duplicates of the connections' descriptors, with the peers' addresses.
  std::unordered_map<int, std::string> watched_;
  bool paused_ = false;
  SteadyTime paused_until_;
  Sparse refusals_;
  Sparse pauses_;
};

}  // namespace linktor
