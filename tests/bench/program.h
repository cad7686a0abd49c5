// A Program is one that runs beside the measurement, such as a denominator.

#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace linktor::bench {

// The program is killed when the object goes. It is not thread-safe.
class Program {
 public:
  // Starts it and waits for its first line. When there is none, this process
  // ends with a sentence.
  explicit Program(const std::vector<std::string>& arguments);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Returns the line that it has printed first.
  const std::string& first_line() const { return first_line_; }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  // This is the program's standard input. The program ends when it is closed,
  // which the kernel does also when this process is killed.
  int life_fd_ = -1;
  std::string first_line_;
};

// Returns "127.0.0.1:1234" for the line "ready http=127.0.0.1:1234" and the
// name "http".
std::string AddressIn(const std::string& line, const std::string& name);

// Returns the seconds of CPU that a process has used.
double CpuSeconds(pid_t pid);

}  // namespace linktor::bench
