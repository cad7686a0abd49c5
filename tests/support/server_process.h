// The built server as a process of its own, started and killed at will.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace linktor::testing {

// How a process ended and what it said.
struct ProcessEnd {
  // Exit status, or -signal.
  int status = 0;
  std::string output;
};

// Ended with SIGKILL when it goes. Not thread-safe.
class ServerProcess {
 public:
  // Ports are picked; `more` are further options, or others in place of these.
  struct Options {
    std::string data_dir;
    std::string master_key_file;
    std::string graph_url;
    std::vector<std::string> more;
  };

  explicit ServerProcess(Options options) : options_(std::move(options)) {}
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Starts it and waits for its ready line. False, with what it printed in
  // output(), when it ended instead.
  bool Start();
  // SIGKILL, and waits. Fails the test when it had ended by itself.
  void Kill();
  // SIGTERM, and waits for its end.
  ProcessEnd Terminate();
  // The caller has waited for its end.
  void Forget() { pid_ = -1; }
  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }

  // "127.0.0.1:12345".
  const std::string& grpc() const { return grpc_; }
  const std::string& webhook() const { return webhook_; }
  const std::string& admin() const { return admin_; }
  // Standard output and error so far.
  std::string output() const;
  // Waits until output() has the text; false when it never comes.
  bool WaitForOutput(const std::string& text) const;

 private:
  int Wait();

  const Options options_;
  pid_t pid_ = -1;
  std::string log_path_;
  std::string grpc_;
  std::string webhook_;
  std::string admin_;
};

// Runs the server's program to its end with just these arguments.
ProcessEnd RunServer(const std::vector<std::string>& arguments);

// Memory of a process in bytes that is in RAM and its own: what it shares with
// others, such as libraries, is not counted. Fails the test when it cannot be
// read.
std::size_t ResidentBytes(pid_t pid);

// The folder of the built programs.
std::string BinDir();

}  // namespace linktor::testing
