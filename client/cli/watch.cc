#include "client/cli/watch.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <utility>

#include "client/cli/farewell.h"

namespace linktor::cli {
namespace {

// The thread looks this often whether standard output is still read. It notices
// a signal at once.
constexpr timespec kTick = {.tv_sec = 0, .tv_nsec = 100'000'000};

// Returns whether standard output is a pipe whose reader has gone (| head).
// Otherwise the program would notice that only when it prints the next event,
// which may never come.
bool ReaderHasGone() {
  pollfd out = {.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

sigset_t Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    // nohup makes a program ignore some signals. A shell does the same for a
    // program that it starts in the background.
    if (!IsIgnored(signal)) sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

Watch::Watch() {
  const sigset_t set = Signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { Work(); });
}

Watch::~Watch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  thread_.join();
}

bool Watch::asked_to_end() {
  const std::lock_guard lock(mutex_);
  return asked_;
}

void Watch::SetOnEnd(std::function<void()> on_end) {
  const std::lock_guard lock(mutex_);
  on_end_ = std::move(on_end);
  if (asked_ && on_end_) on_end_();
}

void Watch::Work() {
  const sigset_t set = Signals();
  for (;;) {
    const bool asked =
        sigtimedwait(&set, nullptr, &kTick) > 0 || ReaderHasGone();
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (asked && !std::exchange(asked_, true) && on_end_) on_end_();
  }
}

}  // namespace linktor::cli
