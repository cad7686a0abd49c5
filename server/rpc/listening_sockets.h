// These are the sockets that gRPC's connections arrive at: TCP ports and Unix
// sockets, bound so that a second server fails instead of sharing them.
// GrpcListener and BackupSocket use them, each from one thread.

#pragma once

#include <netdb.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/unique_fd.h"

namespace linktor::rpc {

// It owns the sockets and, for a Unix socket, the file.
class ListeningSockets {
 public:
  // Listens on every address of `host`, a numeric address or a name such as
  // "localhost", which has two; port 0 picks a port, the same for all. An
  // address that this machine lacks is left out while there is another. It
  // fails with INVALID_ARGUMENT when `host` is no address, UNAVAILABLE when an
  // address cannot be bound. It blocks while a name is looked up.
  static absl::StatusOr<ListeningSockets> ListenOnTcp(const std::string& host,
                                                      std::uint16_t port);
  // Makes a socket file that only this user may connect to. The file of a
  // server that has ended is replaced. It fails with INVALID_ARGUMENT when the
  // path is too long, FAILED_PRECONDITION when there is a file that is no
  // socket, UNAVAILABLE when a server listens there or the path cannot be
  // bound.
  static absl::StatusOr<ListeningSockets> ListenOnUnix(const std::string& path);
  // Returns the error that ListenOnUnix would fail with, and changes nothing.
  // `linktor-igd check` asks.
  static absl::Status CanListenOnUnix(const std::string& path);

  // Leaves the other without sockets, so that its Close does nothing.
  ListeningSockets(ListeningSockets&&) noexcept = default;
  ListeningSockets& operator=(ListeningSockets&&) = delete;
  ~ListeningSockets() { Close(); }

  // Returns the first of the addresses, with the port in use:
  // "127.0.0.1:50051", "[::1]:50051" or "unix:/run/linktor.sock".
  const std::string& address() const { return address_; }
  // Returns the sockets, which do not block. They are valid until Close.
  const std::vector<UniqueFd>& sockets() const { return sockets_; }

  // Ends listening, and removes the socket file unless another has taken its
  // place. Connections that nobody has accepted are refused. Calling it again
  // does nothing.
  void Close();

 private:
  ListeningSockets() = default;

  // Adds a socket for one address; `port` becomes the port in use, which the
  // next address then takes too. Returns 0, or an errno when nothing was
  // added.
  int AddTcp(const addrinfo& info, std::uint16_t& port);

  std::vector<UniqueFd> sockets_;
  std::string address_;
  // These are the socket file and its identity, by which it is told from a
  // successor's. The path is empty for TCP.
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace linktor::rpc
