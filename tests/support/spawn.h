// This starts built programs as separate processes, for tests and the bench.

#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace linktor::testing {

struct SpawnOptions {
  // It is the path of the program.
  std::string program;
  std::vector<std::string> arguments;
  // It has "NAME=value" for each variable. When it is absent, the program gets
  // the variables of this process.
  std::optional<std::vector<std::string>> environment;
  // These descriptors become standard input, output and error of the program.
  // -1 means that the program uses the descriptor of this process. The caller
  // closes its own descriptors.
  int in = -1;
  int out = -1;
  int err = -1;
};

// Starts the program. Returns the process id, or -1 when the program cannot be
// started. The program gets no other descriptors of this process, because
// otherwise a socket of the test would stay open in the program. It does not
// ignore SIGINT, although a shell makes programs in the background ignore it.
pid_t Spawn(const SpawnOptions& options);

// Waits until the process ends. Returns its exit status, or the negative number
// of the signal that ended it.
int WaitForEnd(pid_t pid);

}  // namespace linktor::testing
