#include "client/cli/farewell.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <utility>

namespace linktor::cli {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

// A signal handler may read these and nothing of a std::string.
std::atomic<const char*> text{nullptr};
std::atomic<std::size_t> size{0};
std::atomic<int> exit_code{0};
static_assert(std::atomic<const char*>::is_always_lock_free);

void End(int /*signal*/) {
  const char* const words = text.load();
  if (words != nullptr) {
    // There is nobody to tell when standard error is closed.
    [[maybe_unused]] const ssize_t written =
        write(STDERR_FILENO, words, size.load());
  }
  _exit(exit_code.load());
}

bool IsIgnored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 &&
         action.sa_handler == SIG_IGN;
}

void SetHandlers(void (*handler)(int)) {
  for (const int signal : kSignals) {
    if (!IsIgnored(signal)) std::signal(signal, handler);
  }
}

}  // namespace

Farewell::Farewell(std::string words, ExitCode code)
    : text_(std::move(words)), exit_code_(code) {
  size = text_.size();
  exit_code = static_cast<int>(exit_code_);
  text = text_.data();
  SetHandlers(End);
}

Farewell::~Farewell() {
  SetHandlers(SIG_DFL);
  text = nullptr;
}

}  // namespace linktor::cli
