// A ServerProcess runs the built server as a process of its own, which a test
// can start, stop and kill.

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
  // It is the exit status, or the negative number of the signal.
  int status = 0;
  std::string output;
};

// The process is killed when the object goes. It is not thread-safe.
class ServerProcess {
 public:
  // The server picks its ports. `more` are further options; an option among
  // them replaces the one that would be given otherwise.
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

  // Starts the server and waits for its ready line. Returns false when the
  // server ended instead; output() has what it printed.
  bool Start();
  // Kills the server by SIGKILL and waits for its end. Fails the test when it
  // had ended by itself.
  void Kill();
  // Asks the server to stop by SIGTERM and waits for its end.
  ProcessEnd Terminate();
  // Must be called when the caller has waited for the process itself.
  void Forget() { pid_ = -1; }
  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }

  // The addresses look like "127.0.0.1:12345".
  const std::string& grpc() const { return grpc_; }
  const std::string& webhook() const { return webhook_; }
  const std::string& admin() const { return admin_; }
  // Returns the standard output and error so far.
  std::string output() const;
  // Waits until output() has the text. Returns false when it does not come in
  // time.
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

// Returns the bytes of a process's memory that are in RAM and its own. Memory
// that it shares with others, such as libraries, is not counted. Fails the test
// when the number cannot be read.
std::size_t ResidentBytes(pid_t pid);

// Returns the folder of the built programs.
std::string BinDir();

}  // namespace linktor::testing
