#include "server/rpc/listening_sockets.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/try.h"

namespace linktor::rpc {
namespace {

constexpr int kSocketFlags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
// Only the server's user may connect.
constexpr mode_t kSocketMode = S_IRUSR | S_IWUSR;

// `error` is an errno that was read before anything was closed, since closing a
// socket may change errno.
absl::Status CannotListen(const std::string& where, int error) {
  return absl::UnavailableError(
      absl::StrCat("cannot listen on ", where, ": ", std::strerror(error)));
}

std::string JoinHostPort(const std::string& host, std::uint16_t port) {
  return host.find(':') == std::string::npos
             ? absl::StrCat(host, ":", port)
             : absl::StrCat("[", host, "]:", port);
}

const sockaddr* Generic(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

std::uint16_t PortOf(const sockaddr_storage& address) {
  // IPv4 and IPv6 keep the port at the same place.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

// Returns whether this machine lacks the address; one of several is left out
// then.
bool IsAbsent(int error) {
  return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

// Returns whether the list that begins with `first` has the address before
// `one`. A name that has several lines in /etc/hosts may have an address twice.
bool IsRepeated(const addrinfo* first, const addrinfo& one) {
  for (; first != &one; first = first->ai_next) {
    if (first->ai_addrlen == one.ai_addrlen &&
        std::memcmp(first->ai_addr, one.ai_addr, one.ai_addrlen) == 0) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<sockaddr_un> UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the socket path ", path, " is longer than ",
                     sizeof(address.sun_path) - 1, " bytes"));
  }
  path.copy(address.sun_path, path.size());
  return address;
}

// Returns whether a server that has ended left its socket file at the path.
// Fails when something is there that must stay.
absl::StatusOr<bool> HasStaleSocket(const std::string& path,
                                    const sockaddr_un& address) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return false;
  if (!S_ISSOCK(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, " exists and is no socket; the server does not replace it"));
  }
  const UniqueFd probe(socket(AF_UNIX, kSocketFlags, 0));
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) == 0 ||
      errno == EAGAIN) {
    return absl::UnavailableError(
        absl::StrCat("another server listens on unix:", path));
  }
  // A socket that nobody listens at refuses; other errors leave it open whether
  // somebody does.
  if (errno != ECONNREFUSED) {
    return CannotListen(absl::StrCat("unix:", path), errno);
  }
  return true;
}

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

absl::StatusOr<ListeningSockets> ListeningSockets::ListenOnTcp(
    const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &found) !=
      0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", host, "' is not an address to listen on"));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found,
                                                                 freeaddrinfo);
  ListeningSockets made;
  int absent = 0;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (IsRepeated(found, *one)) continue;
    const int error = made.AddTcp(*one, port);
    if (IsAbsent(error)) {
      absent = error;
    } else if (error != 0) {
      return CannotListen(JoinHostPort(host, port), error);
    }
  }
  if (made.sockets_.empty()) {
    return CannotListen(JoinHostPort(host, port), absent);
  }
  return made;
}

int ListeningSockets::AddTcp(const addrinfo& info, std::uint16_t& port) {
  UniqueFd fd(socket(info.ai_family, kSocketFlags, 0));
  if (!fd.valid()) return errno;
  const int on = 1;
  const int off = 0;
  // A restarted server must not wait for connections of the old one to be
  // forgotten. This lets nobody share a port that is listened on.
  if (setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) {
    return errno;
  }
  // "::" means IPv4 too, whatever the system's default is.
  if (info.ai_family == AF_INET6 &&
      setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0) {
    return errno;
  }
  sockaddr_storage address{};
  std::memcpy(&address, info.ai_addr, info.ai_addrlen);
  reinterpret_cast<sockaddr_in*>(&address)->sin_port = htons(port);
  socklen_t size = sizeof(address);
  if (bind(fd.get(), Generic(address), info.ai_addrlen) != 0 ||
      listen(fd.get(), SOMAXCONN) != 0 ||
      getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) !=
          0) {
    return errno;
  }
  port = PortOf(address);
  if (sockets_.empty()) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(Generic(address), size, text.data(), text.size(), nullptr,
                    0, NI_NUMERICHOST) != 0) {
      return EINVAL;
    }
    address_ = JoinHostPort(text.data(), port);
  }
  sockets_.push_back(std::move(fd));
  return 0;
}

absl::StatusOr<ListeningSockets> ListeningSockets::ListenOnUnix(
    const std::string& path) {
  LINKTOR_ASSIGN(const sockaddr_un address, UnixAddress(path));
  LINKTOR_ASSIGN(const bool stale, HasStaleSocket(path, address));
  if (stale && unlink(path.c_str()) != 0) {
    return CannotListen(absl::StrCat("unix:", path), errno);
  }
  ListeningSockets made;
  made.address_ = absl::StrCat("unix:", path);
  UniqueFd fd(socket(AF_UNIX, kSocketFlags, 0));
  struct stat info {};
  // The file gets the socket's mode when it is made, so that there is no moment
  // at which others may connect.
  if (!fd.valid() || fchmod(fd.get(), kSocketMode) != 0 ||
      bind(fd.get(), reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) != 0 ||
      listen(fd.get(), SOMAXCONN) != 0 || lstat(path.c_str(), &info) != 0) {
    return CannotListen(made.address_, errno);
  }
  made.path_ = path;
  made.device_ = info.st_dev;
  made.inode_ = info.st_ino;
  made.sockets_.push_back(std::move(fd));
  return made;
}

absl::Status ListeningSockets::CanListenOnUnix(const std::string& path) {
  LINKTOR_ASSIGN(const sockaddr_un address, UnixAddress(path));
  LINKTOR_TRY(HasStaleSocket(path, address).status());
  if (::access(FolderOf(path).c_str(), W_OK | X_OK) != 0) {
    return CannotListen(absl::StrCat("unix:", path), errno);
  }
  return absl::OkStatus();
}

void ListeningSockets::Close() {
  struct stat info {};
  // While this server listens, nobody may take the file for a stale one; so the
  // file is removed before the socket is closed.
  if (!sockets_.empty() && !path_.empty() && lstat(path_.c_str(), &info) == 0 &&
      info.st_dev == device_ && info.st_ino == inode_) {
    unlink(path_.c_str());
  }
  sockets_.clear();
}

}  // namespace linktor::rpc
