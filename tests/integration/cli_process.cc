#include "tests/integration/cli_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/unique_fd.h"
#include "tests/support/server_process.h"
#include "tests/support/spawn.h"

namespace linktor::testing {
namespace {

// Far more than any command here takes, also under a sanitizer.
constexpr std::chrono::seconds kPatience{60};

}  // namespace

Cli::Cli(const Options& options) {
  std::vector<std::string> variables = options.environment;
  // It gets nothing but these of the test's own environment.
  for (const char* name :
       {"ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name); value != nullptr) {
      variables.push_back(absl::StrCat(name, "=", value));
    }
  }
  variables.push_back(absl::StrCat("LINKTOR_IG_SERVER=", options.server));
  variables.emplace_back("TZ=UTC");
  int out[2];
  int err[2];
  EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
  EXPECT_EQ(pipe2(err, O_CLOEXEC), 0);
  out_.fd = out[0];
  err_.fd = err[0];
  const UniqueFd piped_out(out[1]);
  const UniqueFd piped_err(err[1]);
  const UniqueFd in(open(options.input.c_str(), O_RDONLY | O_CLOEXEC));
  const UniqueFd file_out(options.output.empty() ? -1
                                                 : open(options.output.c_str(),
                                                        O_WRONLY | O_CLOEXEC));
  pid_ =
      Spawn({.program = BinDir() + "/linktor-ig",
             .arguments = options.arguments,
             .environment = variables,
             .in = in.get(),
             .out = options.output.empty() ? piped_out.get() : file_out.get(),
             .err = piped_err.get()});
  EXPECT_GT(pid_, 0);
}

Cli::~Cli() {
  CloseOut();
  close(err_.fd);
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    (void)WaitForEnd(pid_);
  }
}

std::vector<std::string> Cli::lines() const {
  return absl::StrSplit(out_.text, '\n', absl::SkipEmpty());
}

void Cli::CloseOut() {
  if (out_.fd >= 0) close(std::exchange(out_.fd, -1));
}

void Cli::Signal(int signal) const { kill(pid_, signal); }

int Cli::Wait() {
  while (Read()) {
  }
  return WaitForEnd(std::exchange(pid_, -1));
}

bool Cli::WaitFor(Stream& stream, const std::string& text) {
  while (!absl::StrContains(stream.text, text)) {
    if (!Read()) return false;
  }
  return true;
}

bool Cli::Read() {
  std::vector<pollfd> polls;
  for (const Stream* stream : {&out_, &err_}) {
    if (stream->fd >= 0 && !stream->ended) {
      polls.push_back({.fd = stream->fd, .events = POLLIN, .revents = 0});
    }
  }
  if (polls.empty()) return false;
  const int ready =
      poll(polls.data(), polls.size(),
           static_cast<int>(std::chrono::milliseconds(kPatience).count()));
  if (ready <= 0) {
    ADD_FAILURE() << "linktor-ig says nothing more; so far: " << out_.text
                  << err_.text;
    kill(pid_, SIGKILL);
    return false;
  }
  for (Stream* stream : {&out_, &err_}) {
    for (const pollfd& one : polls) {
      if (one.fd != stream->fd || one.revents == 0) continue;
      char buffer[4096];
      const ssize_t size = read(stream->fd, buffer, sizeof(buffer));
      if (size > 0) {
        stream->text.append(buffer, static_cast<std::size_t>(size));
      } else {
        stream->ended = true;
      }
    }
  }
  return true;
}

}  // namespace linktor::testing
