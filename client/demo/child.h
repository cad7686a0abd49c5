// A program that runs beside the demo and ends with it, whatever ends the
// demo.

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
    // For messages: "the server".
    std::string name;
    std::string program;
    std::vector<std::string> arguments;
    // Gets standard output and standard error.
    std::string log_file;
  };

  // Starts it. Only on the main thread, before there are others: when that
  // thread ends, the kernel sends the child SIGTERM.
  static absl::StatusOr<std::unique_ptr<Child>> Start(const Options& options);
  // Kills it if it still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  const std::string& name() const { return options_.name; }

  // The addresses of its line "ready key=address ..."; absent until it has
  // printed that.
  std::optional<std::map<std::string, std::string>> Ready() const;

  // How it ended, such as "ended with status 2"; absent while it runs.
  std::optional<std::string> Ended();
  // Whether it ended as asked: with status 0, or by SIGTERM before it was
  // ready, when it need not know better.
  bool EndedCleanly() const;

  // Asks it to end; kills it when it has not within `limit` or when the user
  // asks a second time.
  void Stop(Signals& signals, absl::Duration limit);

  // The last lines of its log, indented.
  std::string LogTail() const;

 private:
  Child(Options options, pid_t pid) : options_(std::move(options)), pid_(pid) {}

  const Options options_;
  const pid_t pid_;
  // What waitpid() said; absent while it runs.
  std::optional<int> wait_status_;
};

}  // namespace linktor::demo
