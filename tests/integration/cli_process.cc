#include "tests/integration/cli_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/server_process.h"

namespace linktor::testing {
namespace {

// Far more than any command here takes, also under a sanitizer.
constexpr std::chrono::seconds kPatience{60};

}  // namespace

Cli::Cli(const Options& options) {
  const std::string program = BinDir() + "/linktor-ig";
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& one : options.arguments) {
    argv.push_back(const_cast<char*>(one.c_str()));
  }
  argv.push_back(nullptr);
  std::vector<std::string> variables = options.environment;
  // It gets nothing of the test's own environment but these.
  for (const char* name :
       {"ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name); value != nullptr) {
      variables.push_back(absl::StrCat(name, "=", value));
    }
  }
  variables.push_back(absl::StrCat("LINKTOR_IG_SERVER=", options.server));
  variables.emplace_back("TZ=UTC");
  std::vector<char*> envp;
  envp.reserve(variables.size() + 1);
  for (std::string& one : variables) envp.push_back(one.data());
  envp.push_back(nullptr);
  int out[2];
  int err[2];
  EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
  EXPECT_EQ(pipe2(err, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, options.input.c_str(), O_RDONLY,
                                   0);
  if (options.output.empty()) {
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  } else {
    posix_spawn_file_actions_addopen(&actions, 1, options.output.c_str(),
                                     O_WRONLY, 0);
  }
  posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  // Shells have what runs in their background ignore SIGINT, and so would
  // linktor-ig.
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &interrupt);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  EXPECT_EQ(posix_spawn(&pid_, program.c_str(), &actions, &attributes,
                        argv.data(), envp.data()),
            0);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  close(err[1]);
  out_.fd = out[0];
  err_.fd = err[0];
}

Cli::~Cli() {
  CloseOut();
  close(err_.fd);
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
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
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
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
