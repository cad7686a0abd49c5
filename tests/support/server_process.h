// A ServerProcess runs the built server as a separate process, which a test can
// start, stop and kill.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace linktor::testing {

// A ProcessEnd says how a process ended and what it printed.
struct ProcessEnd {
  // It is the exit status, or the negative number of the signal that ended the
  // process.
  int status = 0;
  std::string output;
};

// The destructor kills the process. It is not thread-safe.
class ServerProcess {
 public:
  // The server chooses its ports. `more` has more command-line options. When it
  // has an option that Start() would add by itself, Start() does not add that
  // option.
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

  // Starts the server and waits until it prints its ready line. Returns false
  // when the server ended instead; output() then has what it printed.
  bool Start();
  // Kills the server with SIGKILL and waits for its end. Fails the test when
  // the server had ended before.
  void Kill();
  // Asks the server with SIGTERM to stop, and waits for its end.
  ProcessEnd Terminate();
  // Call this when the caller has waited for the process itself.
  void Forget() { pid_ = -1; }
  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }

  // These addresses have the form "127.0.0.1:12345".
  const std::string& grpc() const { return grpc_; }
  const std::string& webhook() const { return webhook_; }
  const std::string& admin() const { return admin_; }
  // Returns what the server has written to standard error so far, which is its
  // log. The ready line is not in it.
  std::string output() const;
  // Waits until output() has the text. Returns false when the text does not
  // come within 20 s.
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

// Runs the server's program to its end with only these arguments.
ProcessEnd RunServer(const std::vector<std::string>& arguments);

// Returns how many bytes of RAM only this process uses. Memory that it shares
// with other processes, such as libraries, is not counted. Fails the test when
// the number cannot be read.
std::size_t ResidentBytes(pid_t pid);

// Returns the folder of the built programs.
std::string BinDir();

}  // namespace linktor::testing
