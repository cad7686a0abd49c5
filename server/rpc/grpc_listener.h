// Accepts connections for a gRPC server, in place of gRPC's own listener, which
// in 1.51 knows no limits and, once the process has run out of descriptors,
// never accepts again.
//
// The App uses it in this order, from one thread:
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

namespace linktor::rpc {

class GrpcListener {
 public:
  struct Options {
    // The host is a numeric address or a name; port 0 picks a free one.
    std::string host;
    std::uint16_t port = 0;
    // Unless this is empty, it replaces host and port.
    std::string unix_path;
    // A connection beyond these is reset at once. The limit of one address
    // keeps a single client from taking all places.
    std::size_t max_connections = 10'000;
    std::size_t max_connections_per_address = 1'000;
  };

  // Binds and listens, and accepts nothing yet. It fails as ListeningSockets
  // does, and with UNAVAILABLE when there are no descriptors for its own use.
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
  // `credentials`. It must be called once, before BuildAndStart.
  void Attach(grpc::ServerBuilder& builder,
              const std::shared_ptr<grpc::ServerCredentials>& credentials);
  // Accepts from now on, on a thread of its own. The server must be running,
  // because gRPC neither serves nor closes a connection that it is given
  // before.
  void Start();
  // Ends accepting, waits for the thread and frees the address: a client that
  // connects after it is refused. Open connections live on, but are no longer
  // counted. Calling it again does nothing.
  void StopAccepting();

  // Returns how many connections are open. It is thread-safe.
  std::size_t connections() const { return limits_.size(); }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // Passes at most one warning in ten seconds and counts those it holds back.
  // It belongs to the listener's thread.
  class Sparse {
   public:
    // Returns 0 when the warning must not be written; else how many there have
    // been since the last that passed, this one included.
    std::size_t Pass();

   private:
    std::size_t held_ = 0;
    SteadyTime next_;
  };

  GrpcListener(const Options& options, ListeningSockets sockets)
      : limits_(options.max_connections, options.max_connections_per_address),
        sockets_(std::move(sockets)) {}

  // Makes the epoll set and the descriptor that ends the thread, and adds the
  // sockets. It fails with UNAVAILABLE when the process has no descriptors
  // left.
  absl::Status Prepare();
  // This is the thread. It returns when stop_ is readable.
  void Run();
  // Accepts connections that wait at `listening`, at most 64, so that the ends
  // of others are seen in between. It pauses when the process is out of
  // descriptors.
  void Accept(int listening);
  // Hands `fd` to gRPC, which closes it from then on. When a limit is reached,
  // or the end of the connection could not be watched, it is reset instead.
  void Take(UniqueFd fd, const std::string& peer);
  // Begins to wait for the end of a connection. Returns false, with errno set,
  // when there is no descriptor for it.
  bool Watch(int fd, const std::string& peer);
  // A watched connection has ended: frees its duplicate and its place.
  // `watched` must be in watched_.
  void Forget(int watched);
  // Logs a refused connection, unless one was logged a moment ago.
  void WarnRefused(const std::string& peer, std::string_view reason);
  // Pause takes the sockets out of the epoll set for 100 ms, and Resume puts
  // them back. `error` is the errno of accept, for the log.
  void Pause(int error);
  void Resume();
  // Returns how many milliseconds epoll_wait may wait: -1, for ever, unless
  // accepting pauses.
  int TimeoutMs() const;

  // It is thread-safe; all other members are not.
  ConnectionLimits limits_;
  ListeningSockets sockets_;
  UniqueFd epoll_;
  // It becomes readable when the thread is to end.
  UniqueFd stop_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::thread thread_;
  // The members from here on belong to the thread while it runs. This one holds
  // the duplicates of the connections' descriptors, with the peers' addresses.
  std::unordered_map<int, std::string> watched_;
  bool paused_ = false;
  // It is valid while paused_ is true.
  SteadyTime paused_until_;
  Sparse refusals_;
  Sparse pauses_;
};

}  // namespace linktor::rpc
