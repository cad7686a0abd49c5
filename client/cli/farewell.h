// A Farewell lets the program print some words when a signal ends it in the
// middle of a call. It is for the main thread only.

#pragma once

#include <string>

#include "client/cli/exit_code.h"

namespace linktor::cli {

// While a Farewell exists, SIGINT, SIGTERM and SIGHUP write `words` to standard
// error and end the program with `code`. A signal that the process ignored
// before is still ignored. At most one Farewell may exist at a time.
class Farewell {
 public:
  Farewell(std::string words, ExitCode code);
  ~Farewell();
  Farewell(const Farewell&) = delete;
  Farewell& operator=(const Farewell&) = delete;

 private:
  const std::string text_;
  const ExitCode exit_code_;
};

// Returns whether the process ignores the signal, as it does after nohup or
// when a shell started it in the background.
bool IsIgnored(int signal);

}  // namespace linktor::cli
