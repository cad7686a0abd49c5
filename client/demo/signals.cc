#include "client/demo/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>

namespace linktor::demo {
namespace {

bool IsIgnored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 &&
         action.sa_handler == SIG_IGN;
}

}  // namespace

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&set, signal);
  if (!IsIgnored(SIGHUP)) sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // When the reader of the output has gone (make run | head), SIGPIPE must not
  // end the demo, because the demo must still stop its children.
  std::signal(SIGPIPE, SIG_IGN);
  // The program that started the demo may ignore SIGCHLD. The demo would
  // inherit that, and could not wait for its children.
  std::signal(SIGCHLD, SIG_DFL);
  signal_fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

Signals::~Signals() {
  close(signal_fd_);
  close(wake_fd_);
}

void Signals::Wait(absl::Duration timeout) {
  pollfd fds[] = {{.fd = signal_fd_, .events = POLLIN, .revents = 0},
                  {.fd = wake_fd_, .events = POLLIN, .revents = 0}};
  const auto ms = std::clamp<std::int64_t>(absl::ToInt64Milliseconds(timeout),
                                           0, 3'600'000);
  poll(fds, std::size(fds), static_cast<int>(ms));
  signalfd_siginfo info = {};
  while (read(signal_fd_, &info, sizeof(info)) == sizeof(info)) {
    // SIGCHLD needs no note, because the callers of Wait() look at the children
    // themselves.
    if (info.ssi_signo != SIGCHLD) ++ends_;
  }
  std::uint64_t count = 0;
  while (read(wake_fd_, &count, sizeof(count)) == sizeof(count)) {
  }
}

void Signals::Wake() const {
  const std::uint64_t one = 1;
  // The write fails only when the counter is full, and then Wait() returns
  // anyway.
  [[maybe_unused]] const auto written = write(wake_fd_, &one, sizeof(one));
}

}  // namespace linktor::demo
