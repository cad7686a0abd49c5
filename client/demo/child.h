// A Child is a program that runs beside the demo. It ends when the demo ends,
// even when the demo is killed.

#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/demo/signals.h"

namespace linktor::demo {

class Child {
 public:
  struct Options {
    // Messages to the user call the program by this name, such as "the server".
    std::string name;
    std::string program;
    std::vector<std::string> arguments;
    // Standard output and standard error of the program go to this file.
    std::string log_file;
  };

  // Starts the program. Returns an error when it cannot be started. Call this
  // only on the main thread, before there are other threads: when the thread of
  // this call ends, the kernel sends SIGTERM to the child.
  static absl::StatusOr<std::unique_ptr<Child>> Start(const Options& options);
  // Kills the program if it still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  const std::string& name() const { return options_.name; }

  // Returns the addresses by their keys, from the line "ready key=address ..."
  // of the program. Returns nothing until the program has printed this line.
  std::optional<std::map<std::string, std::string>> Ready() const;

  // Returns how the program ended, such as "ended with status 2". Returns
  // nothing while it runs.
  std::optional<std::string> Ended();
  // Returns whether the program ended as it should: with status 0, or by
  // SIGTERM before it was ready. A program that is not ready may not handle
  // SIGTERM yet.
  bool EndedCleanly() const;

  // Asks the program to end, and waits for the end. Kills the program when it
  // has not ended within `limit`, or when the user asks for the end once more.
  void Stop(Signals& signals, absl::Duration limit);

  // Returns the last lines of the program's log, indented.
  std::string LogTail() const;

 private:
  Child(Options options, pid_t pid) : options_(std::move(options)), pid_(pid) {}

  const Options options_;
  const pid_t pid_;
  // This is the status that waitpid() gave. It is absent while the program
  // runs.
  std::optional<int> wait_status_;
};

}  // namespace linktor::demo
