// It lets the program say something when it is told to end in the middle of a
// call. It is for the main thread only.

#pragma once

#include <string>

#include "client/cli/exit_code.h"

namespace linktor::cli {

// While it lives, SIGINT, SIGTERM and SIGHUP write `words` to standard error
// and end the program with `code`. A signal that was ignored before stays so.
// There is one at a time.
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

// Returns whether the process ignores the signal, because nohup or a shell made
// it so.
bool IsIgnored(int signal);

}  // namespace linktor::cli
