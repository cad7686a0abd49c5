#include "server/app/line_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace linktor::app {
namespace {

absl::Status Ended() {
  return absl::UnavailableError("the other side has ended the connection");
}

}  // namespace

absl::StatusOr<LineSocket> LineSocket::Connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the path of the socket ", path, " is longer than ",
                     sizeof(address.sun_path) - 1, " bytes"));
  }
  path.copy(address.sun_path, path.size());
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid() ||
      connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) != 0) {
    return absl::UnavailableError(absl::StrCat("nobody can be asked at ", path,
                                               ": ", std::strerror(errno)));
  }
  return LineSocket(std::move(fd));
}

void LineSocket::SetPatience(std::chrono::seconds patience) {
  const timeval time{.tv_sec = patience.count(), .tv_usec = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
  setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

absl::StatusOr<std::string> LineSocket::ReadLine() {
  for (;;) {
    if (const std::size_t end = received_.find('\n');
        end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    if (received_.size() > kMaxLine) {
      return absl::UnavailableError("the other side sends no lines");
    }
    std::array<char, 1024> part{};
    const ssize_t size = recv(fd_.get(), part.data(), part.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return Ended();
    received_.append(part.data(), static_cast<std::size_t>(size));
  }
}

absl::Status LineSocket::WriteLine(std::string_view line) {
  std::string bytes(line);
  std::replace(bytes.begin(), bytes.end(), '\n', ' ');
  bytes.push_back('\n');
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t size =
        send(fd_.get(), bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return Ended();
    at += static_cast<std::size_t>(size);
  }
  return absl::OkStatus();
}

bool LineSocket::PeerHasEnded() const {
  pollfd watched{.fd = fd_.get(), .events = POLLRDHUP, .revents = 0};
  return poll(&watched, 1, 0) > 0 &&
         (watched.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace linktor::app
