// Holds the sockets at which connections arrive: TCP ports and Unix sockets. A
// second server cannot share them: it fails when it binds the same address.
// GrpcListener and BackupSocket (app/backup_socket.h) use this class, each from
// one thread.

#pragma once

#include <netdb.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/unique_fd.h"

namespace linktor::rpc {

// A ListeningSockets owns the sockets and, for a Unix socket, also the socket
// file.
class ListeningSockets {
 public:
  // Listens on every address of `host`, which is a numeric address or a name. A
  // name may have several addresses, as "localhost" has for IPv4 and IPv6. Port
  // 0 picks a free port, the same for all addresses. An address that this
  // machine lacks is left out if another address remains. It fails with
  // INVALID_ARGUMENT when `host` is neither an address nor a known name, and
  // with UNAVAILABLE when an address cannot be bound. It blocks while a name is
  // looked up.
  static absl::StatusOr<ListeningSockets> ListenOnTcp(const std::string& host,
                                                      std::uint16_t port);
  // Makes a socket file and listens there. Only the user of this process may
  // connect. It replaces a file that an earlier server has left there. It fails
  // with INVALID_ARGUMENT when the path is too long, and with
  // FAILED_PRECONDITION when the path has a file that is no socket. It fails
  // with UNAVAILABLE when another server listens there, or when the path cannot
  // be bound.
  static absl::StatusOr<ListeningSockets> ListenOnUnix(const std::string& path);
  // Returns OK, or the error with which ListenOnUnix would fail, but changes
  // nothing. The command `linktor-igd check` asks this.
  static absl::Status CanListenOnUnix(const std::string& path);

  // Leaves the other object without sockets, so that its Close does nothing.
  ListeningSockets(ListeningSockets&&) noexcept = default;
  ListeningSockets& operator=(ListeningSockets&&) = delete;
  ~ListeningSockets() { Close(); }

  // Returns the first address, with the port in use: "127.0.0.1:50051",
  // "[::1]:50051" or "unix:/run/linktor.sock".
  const std::string& address() const { return address_; }
  // Returns the sockets. They are non-blocking, and they are valid until Close.
  const std::vector<UniqueFd>& sockets() const { return sockets_; }

  // Stops listening. It also removes the socket file, unless another server has
  // put its own file there. The kernel ends the connections that nobody has
  // accepted. A second call does nothing.
  void Close();

 private:
  ListeningSockets() = default;

  // Adds a socket for one address. `port` becomes the port in use, so that the
  // next address takes the same port. Returns 0, or an errno when nothing was
  // added.
  int AddTcp(const addrinfo& info, std::uint16_t& port);

  std::vector<UniqueFd> sockets_;
  std::string address_;
  // These are the path of the socket file, and the device and inode of the
  // file. By device and inode, Close knows whether the file at the path is
  // still the one that this object has made. The path is empty for TCP.
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace linktor::rpc
