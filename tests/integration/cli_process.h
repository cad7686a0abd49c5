// The built command-line client as a process of its own.

#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace linktor::testing {

// A Cli runs linktor-ig as a process. The destructor kills the process. The
// class is not thread-safe.
class Cli {
 public:
  struct Options {
    std::string server;
    std::vector<std::string> arguments;
    std::string input = "/dev/null";
    // It takes standard output where out() shall not; empty for out().
    std::string output;
    // "NAME=value".
    std::vector<std::string> environment;
  };

  explicit Cli(const Options& options);
  ~Cli();
  Cli(const Cli&) = delete;
  Cli& operator=(const Cli&) = delete;

  const std::string& out() const { return out_.text; }
  const std::string& err() const { return err_.text; }
  std::vector<std::string> lines() const;

  // Reads until the text stands there; false when the program ends before.
  bool WaitForOut(const std::string& text) { return WaitFor(out_, text); }
  bool WaitForErr(const std::string& text) { return WaitFor(err_, text); }
  // As `head -1` does when it has its line.
  void CloseOut();
  void Signal(int signal) const;
  // Waits for the end of the process. Returns its exit code, or minus the
  // number of the signal that ended it.
  int Wait();

 private:
  struct Stream {
    int fd = -1;
    bool ended = false;
    std::string text;
  };

  bool WaitFor(Stream& stream, const std::string& text);

  // Some more of either; false when both have ended, or it takes too long.
  bool Read();

  pid_t pid_ = -1;
  Stream out_;
  Stream err_;
};

}  // namespace linktor::testing
