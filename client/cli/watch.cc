#include "client/cli/watch.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <ctime>

#include "absl/time/clock.h"

namespace linktor::cli {
namespace {

// How often to look at the clock. A signal is noticed at once.
constexpr timespec kTick = {.tv_sec = 0, .tv_nsec = 100'000'000};

// Whether standard output is a pipe whose reader has gone (| head). Without
// looking, that would show only at the next event, perhaps never.
bool ReaderHasGone() {
  pollfd out = {.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

bool IsIgnored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 &&
         action.sa_handler == SIG_IGN;
}

sigset_t Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    // nohup, and shells for what runs in the background, ignore some.
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
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void Watch::Begin(grpc::ClientContext* context) {
  std::lock_guard lock(mutex_);
  context_ = context;
  silent_ = false;
  if (asked_) context->TryCancel();
}

void Watch::End() {
  std::lock_guard lock(mutex_);
  context_ = nullptr;
}

void Watch::ReadBegins(absl::Duration limit) {
  std::lock_guard lock(mutex_);
  deadline_ = absl::Now() + limit;
}

void Watch::ReadEnded() {
  std::lock_guard lock(mutex_);
  deadline_.reset();
}

bool Watch::was_silent() {
  std::lock_guard lock(mutex_);
  return silent_;
}

bool Watch::asked_to_end() {
  std::lock_guard lock(mutex_);
  return asked_;
}

bool Watch::Sleep(absl::Duration duration) {
  std::unique_lock lock(mutex_);
  ended_.wait_for(lock, absl::ToChronoMilliseconds(duration),
                  [this] { return asked_; });
  return !asked_;
}

void Watch::Work() {
  const sigset_t set = Signals();
  for (;;) {
    const bool asked =
        sigtimedwait(&set, nullptr, &kTick) > 0 || ReaderHasGone();
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (asked) {
      asked_ = true;
      ended_.notify_all();
    }
    if (deadline_.has_value() && absl::Now() > *deadline_) {
      silent_ = true;
      deadline_.reset();
      if (context_ != nullptr) context_->TryCancel();
    }
    if (asked && context_ != nullptr) context_->TryCancel();
  }
}

}  // namespace linktor::cli
