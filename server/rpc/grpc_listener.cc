#include "server/rpc/grpc_listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/log.h"
#include "server/base/try.h"

namespace linktor::rpc {
namespace {

// Accepting rests for so long when the process is out of descriptors or memory.
constexpr std::chrono::milliseconds kPause{100};
// A flood of connections must not become a flood of log lines.
constexpr std::chrono::seconds kBetweenWarnings{10};
// So many are accepted before the ends of others are looked at again.
constexpr int kAcceptsAtOnce = 64;
constexpr std::size_t kEventsAtOnce = 64;
// When the peer has not acknowledged what was sent for so long, the kernel
// gives the connection up; a keepalive ping may take the same time
// (app/grpc_server.cc).
constexpr int kUserTimeoutMs = 20'000;

// Returns whether an error of accept(2) is the fault of one connection, or of
// nobody: accept passes on errors that the new connection already has.
bool IsPassing(int error) {
  constexpr std::array<int, 11> kPassing = {
      EINTR,  ECONNABORTED, EPROTO,     ENETDOWN,    ENOPROTOOPT, EHOSTDOWN,
      ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, EPERM};
  return std::find(kPassing.begin(), kPassing.end(), error) != kPassing.end();
}

// Returns the IP address as text; empty for a Unix socket.
std::string TextOf(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  }
  return text.data();
}

// Closes with a reset, which leaves no state behind in the kernel.
void Reset(UniqueFd fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

// The calls fail on Unix sockets, which need none of this.
void SetTcpOptions(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs,
             sizeof(kUserTimeoutMs));
}

bool SetEvents(int epoll, int operation, int fd, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.fd = fd}};
  return epoll_ctl(epoll, operation, fd, &event) == 0;
}

}  // namespace

std::size_t GrpcListener::Sparse::Pass() {
  ++held_;
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now < next_) return 0;
  next_ = now + kBetweenWarnings;
  return std::exchange(held_, 0);
}

absl::StatusOr<std::unique_ptr<GrpcListener>> GrpcListener::Bind(
    const Options& options) {
  absl::StatusOr<ListeningSockets> sockets =
      options.unix_path.empty()
          ? ListeningSockets::ListenOnTcp(options.host, options.port)
          : ListeningSockets::ListenOnUnix(options.unix_path);
  if (!sockets.ok()) return sockets.status();
  std::unique_ptr<GrpcListener> listener(
      new GrpcListener(options, *std::move(sockets)));
  LINKTOR_TRY(listener->Prepare());
  return listener;
}

GrpcListener::~GrpcListener() { StopAccepting(); }

absl::Status GrpcListener::Prepare() {
  epoll_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  stop_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  bool ok = epoll_.valid() && stop_.valid() &&
            SetEvents(epoll_.get(), EPOLL_CTL_ADD, stop_.get(), EPOLLIN);
  for (const UniqueFd& socket : sockets_.sockets()) {
    ok = ok && SetEvents(epoll_.get(), EPOLL_CTL_ADD, socket.get(), EPOLLIN);
  }
  if (ok) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(
      "cannot wait for gRPC's connections: ", std::strerror(errno)));
}

void GrpcListener::Attach(
    grpc::ServerBuilder& builder,
    const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      credentials);
}

void GrpcListener::Start() {
  thread_ = std::thread([this] { Run(); });
}

void GrpcListener::StopAccepting() {
  if (thread_.joinable()) {
    eventfd_write(stop_.get(), 1);
    thread_.join();
  }
  sockets_.Close();
  // Without the duplicates gRPC alone decides how long a connection lives. The
  // thread has ended, so nobody else uses watched_.
  epoll_.Reset();
  for (const auto& [fd, peer] : watched_) {
    limits_.Remove(peer);
    close(fd);
  }
  watched_.clear();
}

void GrpcListener::Run() {
  std::array<epoll_event, kEventsAtOnce> events{};
  for (;;) {
    const int n = epoll_wait(epoll_.get(), events.data(),
                             static_cast<int>(events.size()), TimeoutMs());
    bool accept = false;
    for (const epoll_event& event :
         std::span(events.data(), static_cast<std::size_t>(std::max(n, 0)))) {
      if (event.data.fd == stop_.get()) return;
      if (watched_.contains(event.data.fd)) {
        Forget(event.data.fd);
      } else {
        accept = true;
      }
    }
    // Accepting comes last, so that connections that have ended make room
    // first.
    if (accept && !paused_) {
      for (const UniqueFd& socket : sockets_.sockets()) Accept(socket.get());
    }
    if (paused_ && std::chrono::steady_clock::now() >= paused_until_) Resume();
  }
}

void GrpcListener::Accept(int listening) {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    UniqueFd fd(accept4(listening, reinterpret_cast<sockaddr*>(&address), &size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.valid()) {
      Take(std::move(fd), TextOf(address));
      continue;
    }
    if (errno == EAGAIN) return;
    if (IsPassing(errno)) continue;
    // The process is out of descriptors or memory. The connection stays in the
    // kernel's queue and the socket readable, so without a pause this would be
    // a busy loop.
    Pause(errno);
    return;
  }
}

void GrpcListener::Take(UniqueFd fd, const std::string& peer) {
  if (!limits_.Add(peer)) {
    Reset(std::move(fd));
    WarnRefused(peer, "the limit of connections is reached");
    return;
  }
  SetTcpOptions(fd.get());
  if (!Watch(fd.get(), peer)) {
    const int error = errno;
    limits_.Remove(peer);
    Reset(std::move(fd));
    WarnRefused(peer, std::strerror(error));
    return;
  }
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
      connection;
  connection.fd = fd.Release();
  acceptor_->HandleNewConnection(&connection);
}

bool GrpcListener::Watch(int fd, const std::string& peer) {
  UniqueFd watched(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  // The set asks for no events, because hang-ups and errors come unasked.
  if (!watched.valid() ||
      !SetEvents(epoll_.get(), EPOLL_CTL_ADD, watched.get(), 0)) {
    return false;
  }
  watched_.emplace(watched.Release(), peer);
  return true;
}

void GrpcListener::Forget(int watched) {
  const auto it = watched_.find(watched);
  limits_.Remove(it->second);
  watched_.erase(it);
  // Closing does not take the descriptor out of the set while gRPC still has
  // the socket.
  SetEvents(epoll_.get(), EPOLL_CTL_DEL, watched, 0);
  close(watched);
}

void GrpcListener::WarnRefused(const std::string& peer,
                               std::string_view reason) {
  const std::size_t count = refusals_.Pass();
  if (count == 0) return;
  Log(LogLevel::kWarning, "gRPC connections refused",
      {{"count", absl::StrCat(count)},
       {"last_reason", std::string(reason)},
       {"last_peer", peer},
       {"open", absl::StrCat(connections())}});
}

void GrpcListener::Pause(int error) {
  for (const UniqueFd& socket : sockets_.sockets()) {
    SetEvents(epoll_.get(), EPOLL_CTL_MOD, socket.get(), 0);
  }
  paused_ = true;
  paused_until_ = std::chrono::steady_clock::now() + kPause;
  const std::size_t count = pauses_.Pass();
  if (count == 0) return;
  Log(LogLevel::kWarning, "gRPC connections wait, because accept failed",
      {{"count", absl::StrCat(count)}, {"error", std::strerror(error)}});
}

void GrpcListener::Resume() {
  paused_ = false;
  for (const UniqueFd& socket : sockets_.sockets()) {
    SetEvents(epoll_.get(), EPOLL_CTL_MOD, socket.get(), EPOLLIN);
  }
}

int GrpcListener::TimeoutMs() const {
  if (!paused_) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      paused_until_ - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace linktor::rpc
