// A program run beside the measurement, such as a denominator.

#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace linktor::bench {

// Ended with SIGKILL when it goes. Not thread-safe.
class Program {
 public:
  // Starts it and waits for its first line; ends this process with a sentence
  // when there is none.
  explicit Program(const std::vector<std::string>& arguments);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // What it printed first.
  const std::string& first_line() const { return first_line_; }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  // Its standard input; closed, also when this process is killed, it ends.
  int life_fd_ = -1;
  std::string first_line_;
};

// "127.0.0.1:1234" of "ready http=127.0.0.1:1234".
std::string AddressIn(const std::string& line, const std::string& name);

// Seconds of CPU a process has used.
double CpuSeconds(pid_t pid);

}  // namespace linktor::bench
