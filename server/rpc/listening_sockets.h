// The sockets that gRPC's connections arrive at: TCP ports and Unix sockets,
// bound so that a second server fails instead of sharing them.

#pragma once

#include <netdb.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/unique_fd.h"

namespace linktor {

class ListeningSockets {
 public:
  // Listens on every address of `host`, a numeric address or a name such as
  // "localhost", which has two; port 0 picks a port, the same for all. Fails
  // with INVALID_ARGUMENT when `host` is no address, and with UNAVAILABLE when
  // one of the addresses cannot be bound.
  static absl::StatusOr<ListeningSockets> ListenOnTcp(const std::string& host,
                                                      std::uint16_t port);
  // Makes a socket file that only this user may connect to. The file of a
  // server that has ended is replaced. Fails with INVALID_ARGUMENT when the
  // path is too long, with FAILED_PRECONDITION when there is a file that is no
  // socket, and with UNAVAILABLE when a server listens there or it cannot be
  // bound.
  static absl::StatusOr<ListeningSockets> ListenOnUnix(const std::string& path);
  // Returns the error that ListenOnUnix would fail with, and changes nothing.
  static absl::Status CanListenOnUnix(const std::string& path);

  ListeningSockets(ListeningSockets&&) noexcept = default;
  ListeningSockets& operator=(ListeningSockets&&) = delete;
  ~ListeningSockets() { Close(); }

  // Returns the first of the addresses, with the port in use:
  // "127.0.0.1:50051", "[::1]:50051" or "unix:/run/linktor.sock".
  const std::string& address() const { return address_; }
  // The sockets do not block.
  const std::vector<UniqueFd>& sockets() const { return sockets_; }

  // Ends listening, and removes the socket file unless another has taken its
  // place. Connections that nobody has accepted are refused.
  void Close();

 private:
  ListeningSockets() = default;

  // Adds a socket for one address; `port` becomes the port in use. Returns 0 or
  // an errno.
  int AddTcp(const addrinfo& info, std::uint16_t& port);

  std::vector<UniqueFd> sockets_;
  std::string address_;
  // The socket file and its identity; the path is empty without one.
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace linktor
