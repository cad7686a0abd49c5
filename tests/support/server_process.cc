#include "tests/support/server_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "server/base/unique_fd.h"
#include "tests/support/spawn.h"

namespace linktor::testing {
namespace {

// A line of the log that has not come after this time is taken for one that
// never comes.
constexpr std::chrono::seconds kPatience(20);

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// `out` becomes the process's standard output; -1 stands for the log file.
pid_t SpawnServer(const std::vector<std::string>& arguments,
                  const std::string& log_path, int out) {
  const UniqueFd log(
      open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  return Spawn({.program = BinDir() + "/linktor-igd",
                .arguments = arguments,
                .environment = {},
                .out = out >= 0 ? out : log.get(),
                .err = log.get()});
}

std::string NewLogPath() {
  std::string path = "/tmp/linktor-test-log-XXXXXX";
  const int fd = mkstemp(path.data());
  if (fd >= 0) close(fd);
  return path;
}

}  // namespace

std::string BinDir() {
  const char* dir = std::getenv("LINKTOR_BIN_DIR");
  return dir != nullptr ? dir : "build/bin";
}

ServerProcess::~ServerProcess() {
  if (running()) Kill();
  if (!log_path_.empty()) unlink(log_path_.c_str());
}

bool ServerProcess::Start() {
  if (log_path_.empty()) log_path_ = NewLogPath();
  std::vector<std::string> arguments = options_.more;
  for (const auto& [option, value] :
       {std::pair("--data-dir", options_.data_dir),
        std::pair("--master-key-file", options_.master_key_file),
        std::pair("--grpc-listen", std::string("127.0.0.1:0")),
        std::pair("--webhook-listen", std::string("127.0.0.1:0")),
        std::pair("--admin-listen", std::string("127.0.0.1:0")),
        std::pair("--graph-facebook-url", options_.graph_url),
        std::pair("--graph-instagram-url", options_.graph_url)}) {
    if (std::find(options_.more.begin(), options_.more.end(), option) !=
        options_.more.end()) {
      continue;
    }
    arguments.insert(arguments.end(), {option, value});
  }
  // Only the ready line goes to standard output; its end means that the
  // server has ended.
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  pid_ = SpawnServer(arguments, log_path_, ends[1]);
  close(ends[1]);
  std::string line;
  char c = 0;
  while (running() && read(ends[0], &c, 1) == 1 && c != '\n') line.push_back(c);
  close(ends[0]);
  static const std::regex kReady(
      R"(ready grpc=(\S+) webhook=(\S+) admin=(\S+))");
  std::smatch found;
  if (!std::regex_match(line, found, kReady)) {
    if (running()) Wait();
    return false;
  }
  grpc_ = found[1];
  webhook_ = found[2];
  admin_ = found[3];
  return true;
}

void ServerProcess::Kill() {
  kill(pid_, SIGKILL);
  EXPECT_EQ(Wait(), -SIGKILL) << "it had ended by itself:\n" << output();
}

ProcessEnd ServerProcess::Terminate() {
  kill(pid_, SIGTERM);
  const int status = Wait();
  return {status, output()};
}

int ServerProcess::Wait() { return WaitForEnd(std::exchange(pid_, -1)); }

std::string ServerProcess::output() const { return ReadAll(log_path_); }

bool ServerProcess::WaitForOutput(const std::string& text) const {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (output().find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::yield();
  }
  return true;
}

ProcessEnd RunServer(const std::vector<std::string>& arguments) {
  const std::string log_path = NewLogPath();
  const pid_t pid = SpawnServer(arguments, log_path, -1);
  ProcessEnd end{WaitForEnd(pid), ReadAll(log_path)};
  unlink(log_path.c_str());
  return end;
}

std::size_t ResidentBytes(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/smaps_rollup"));
  std::size_t kib = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    std::size_t value = 0;
    words >> name >> value;
    if (name == "Private_Dirty:" || name == "Private_Clean:") kib += value;
  }
  EXPECT_GT(kib, 0U) << "no memory of process " << pid;
  return kib * 1024;
}

}  // namespace linktor::testing
