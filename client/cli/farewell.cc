#include "client/cli/farewell.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <utility>

namespace linktor::cli {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

// The signal handler reads these variables. It must not use a std::string,
// because only lock-free variables are safe in a signal handler.
std::atomic<const char*> farewell_text{nullptr};
std::atomic<std::size_t> farewell_size{0};
std::atomic<int> exit_code{0};
static_assert(std::atomic<const char*>::is_always_lock_free);

// This is the signal handler: it writes the words and ends the process.
void End(int /*signal*/) {
  const char* const words = farewell_text.load();
  if (words != nullptr) {
    // An error is ignored: when standard error is closed, no message can be
    // shown.
    [[maybe_unused]] const ssize_t written =
        write(STDERR_FILENO, words, farewell_size.load());
  }
  _exit(exit_code.load());
}

void SetHandlers(void (*handler)(int)) {
  for (const int signal : kSignals) {
    if (!IsIgnored(signal)) std::signal(signal, handler);
  }
}

}  // namespace

bool IsIgnored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 &&
         action.sa_handler == SIG_IGN;
}

Farewell::Farewell(std::string words, ExitCode code)
    : text_(std::move(words)), exit_code_(code) {
  farewell_size = text_.size();
  exit_code = static_cast<int>(exit_code_);
  farewell_text = text_.data();
  SetHandlers(End);
}

Farewell::~Farewell() {
  SetHandlers(SIG_DFL);
  farewell_text = nullptr;
}

}  // namespace linktor::cli
