#include "client/demo/child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

namespace linktor::demo {
namespace {

constexpr std::size_t kTailLines = 15;
constexpr absl::Duration kLookAgain = absl::Milliseconds(50);
// Shells end with this status when they cannot find a program.
constexpr int kExecFailed = 127;

std::vector<std::string> Lines(const std::string& file) {
  std::vector<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Runs in the child process between fork and exec. There only functions may be
// called that are safe in a signal handler.
[[noreturn]] void BecomeProgram(char* const* argv, int null_fd, int log_fd,
                                pid_t parent) {
  // The child gets a process group of its own. So Ctrl-C in the terminal
  // reaches only the demo, which then stops its children in order.
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  dup2(null_fd, STDIN_FILENO);
  dup2(log_fd, STDOUT_FILENO);
  dup2(log_fd, STDERR_FILENO);
  execv(argv[0], argv);
  _exit(kExecFailed);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Child>> Child::Start(const Options& options) {
  if (access(options.program.c_str(), X_OK) != 0) {
    return absl::NotFoundError(absl::StrCat(
        options.program, " is not there; \"make build\" builds it"));
  }
  std::vector<std::string> words = {options.program};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int log_fd =
      open(options.log_file.c_str(),
           O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  const pid_t parent = getpid();
  const pid_t pid = log_fd < 0 || null_fd < 0 ? -1 : fork();
  if (pid == 0) BecomeProgram(argv.data(), null_fd, log_fd, parent);
  const int error = errno;
  close(null_fd);
  close(log_fd);
  if (pid < 0) {
    return absl::UnavailableError(absl::StrCat("cannot start ", options.name,
                                               ": ", std::strerror(error)));
  }
  return std::unique_ptr<Child>(new Child(options, pid));
}

Child::~Child() {
  if (Ended().has_value()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::optional<std::map<std::string, std::string>> Child::Ready() const {
  for (const std::string& line : Lines(options_.log_file)) {
    absl::string_view rest = line;
    if (!absl::ConsumePrefix(&rest, "ready ")) continue;
    std::map<std::string, std::string> addresses;
    for (absl::string_view word : absl::StrSplit(rest, ' ')) {
      addresses.insert(absl::StrSplit(word, absl::MaxSplits('=', 1)));
    }
    return addresses;
  }
  return std::nullopt;
}

std::optional<std::string> Child::Ended() {
  int status = 0;
  if (!wait_status_.has_value() && waitpid(pid_, &status, WNOHANG) == pid_) {
    wait_status_ = status;
  }
  if (!wait_status_.has_value()) return std::nullopt;
  if (WIFSIGNALED(*wait_status_)) {
    return absl::StrCat("was ended by signal ", WTERMSIG(*wait_status_));
  }
  return absl::StrCat("ended with status ", WEXITSTATUS(*wait_status_));
}

bool Child::EndedCleanly() const {
  if (!wait_status_.has_value()) return false;
  const int status = *wait_status_;
  return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
         (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM &&
          !Ready().has_value());
}

void Child::Stop(Signals& signals, absl::Duration limit) {
  if (Ended().has_value()) return;
  kill(pid_, SIGTERM);
  const absl::Time end = absl::Now() + limit;
  const int asked = signals.times_asked();
  while (!Ended().has_value()) {
    if (absl::Now() >= end || signals.times_asked() > asked) {
      kill(pid_, SIGKILL);
    }
    signals.Wait(kLookAgain);
  }
}

std::string Child::LogTail() const {
  const std::vector<std::string> lines = Lines(options_.log_file);
  const std::size_t first =
      lines.size() > kTailLines ? lines.size() - kTailLines : 0;
  std::string tail;
  for (std::size_t i = first; i < lines.size(); ++i) {
    absl::StrAppend(&tail, "    ", lines[i], "\n");
  }
  return tail;
}

}  // namespace linktor::demo
