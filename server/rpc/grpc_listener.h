// A GrpcListener accepts connections for a gRPC server, in place of gRPC's own
// listener. The listener of gRPC 1.51 does not limit the number of connections.
// It also never accepts again after the process has run out of file
// descriptors.
//
// GrpcServer (app/) uses it in this order, from one thread:
//   Bind, Attach, BuildAndStart of the builder, Start;
//   StopAccepting, Shutdown of the server, destruction.
// No client is refused between Bind and Start: new connections wait in the
// kernel's queue.
//
// The listener has one thread. The thread waits for new connections, and for
// open connections to end. gRPC tells nobody when it closes a socket, but it
// shuts the socket down first. The listener has a duplicate of each
// connection's descriptor in an epoll set, and the epoll set reports this
// shutdown. So a connection takes two descriptors, and it is counted for
// exactly as long as it is open.

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
    // The host is a numeric address or a name. Port 0 picks a free port.
    std::string host;
    std::uint16_t port = 0;
    // This is the path of a Unix socket. If it is not empty, it replaces host
    // and port.
    std::string unix_path;
    // A connection above one of these limits is reset at once. The limit for
    // one address keeps a single client from taking all places.
    std::size_t max_connections = 10'000;
    std::size_t max_connections_per_address = 1'000;
  };

  // Binds and listens, but accepts nothing yet. It fails as ListeningSockets
  // does. It also fails with UNAVAILABLE when the process has no file
  // descriptors left for the listener's epoll set.
  static absl::StatusOr<std::unique_ptr<GrpcListener>> Bind(
      const Options& options);

  GrpcListener(const GrpcListener&) = delete;
  GrpcListener& operator=(const GrpcListener&) = delete;
  // Stops accepting. The gRPC server must have been shut down before.
  ~GrpcListener();

  // Returns the address with the port in use: "127.0.0.1:50051", "[::1]:50051"
  // or "unix:/run/linktor.sock".
  const std::string& address() const { return sockets_.address(); }

  // Makes the server that `builder` will build take its connections from this
  // listener. The connections use `credentials`. Attach must be called once,
  // before BuildAndStart.
  void Attach(grpc::ServerBuilder& builder,
              const std::shared_ptr<grpc::ServerCredentials>& credentials);
  // Accepts from now on, on a thread of its own. The server must be running
  // already, because gRPC neither serves nor closes a connection that it is
  // given earlier.
  void Start();
  // Stops accepting, blocks until the thread has ended, and frees the address.
  // A client that connects afterwards is refused. Open connections go on, but
  // are no longer counted. A second call does nothing.
  void StopAccepting();

  // Returns how many connections are open; 0 after StopAccepting. It is
  // thread-safe.
  std::size_t connections() const { return limits_.size(); }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // A Sparse limits the log lines of one warning: it allows at most one line in
  // ten seconds, and counts the lines that it forbids. Only the listener's
  // thread uses it.
  class Sparse {
   public:
    // Returns 0 when the warning must not be written. Otherwise it returns the
    // number of warnings since the last written one, including the present
    // warning.
    std::size_t Pass();

   private:
    std::size_t held_ = 0;
    SteadyTime next_;
  };

  GrpcListener(const Options& options, ListeningSockets sockets)
      : limits_(options.max_connections, options.max_connections_per_address),
        sockets_(std::move(sockets)) {}

  // Makes the epoll set, and the descriptor that tells the thread to end. Adds
  // the listening sockets to the set. It fails with UNAVAILABLE when the
  // process has no descriptors left.
  absl::Status Prepare();
  // This is the thread's function. It returns when stop_ becomes readable.
  void Run();
  // Accepts connections that wait at `listening`, but at most 64. After them
  // the thread looks which connections have ended, before it accepts more.
  // Accept pauses when the process is out of descriptors or memory.
  void Accept(int listening);
  // Hands `fd` to gRPC, which then owns it and closes it. When a limit is
  // reached, or when the listener cannot watch for the end of the connection,
  // the connection is reset instead.
  void Take(UniqueFd fd, const std::string& peer);
  // Begins to watch for the end of a connection. Returns false, with errno set,
  // when there is no descriptor for the duplicate, or the epoll set cannot take
  // it.
  bool Watch(int fd, const std::string& peer);
  // Closes the duplicate of a connection that has ended, and no longer counts
  // the connection. `watched` is the duplicate, and it must be in watched_.
  void Forget(int watched);
  // Logs a refused connection, unless one was logged in the last ten seconds.
  void WarnRefused(const std::string& peer, std::string_view reason);
  // Pause stops accepting for 100 ms: the epoll set then reports no new
  // connections. Resume makes the epoll set report them again. `error` is the
  // errno of accept, for the log.
  void Pause(int error);
  void Resume();
  // Returns how many milliseconds epoll_wait may wait: until the end of a
  // pause, or without a limit (-1) when there is no pause.
  int TimeoutMs() const;

  // It is thread-safe; all other members are not.
  ConnectionLimits limits_;
  ListeningSockets sockets_;
  UniqueFd epoll_;
  // It becomes readable when the thread must end.
  UniqueFd stop_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::thread thread_;
  // While the thread runs, only the thread uses the members from here on. This
  // map holds the duplicates of the connections' descriptors, each with the
  // address of its peer.
  std::unordered_map<int, std::string> watched_;
  bool paused_ = false;
  // It is valid while paused_ is true.
  SteadyTime paused_until_;
  Sparse refusals_;
  Sparse pauses_;
};

}  // namespace linktor::rpc
