// Starts built programs as processes of their own, for tests and the bench.

#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace linktor::testing {

struct SpawnOptions {
  // The path of the program.
  std::string program;
  std::vector<std::string> arguments;
  // "NAME=value" for each variable; absent for those of this process.
  std::optional<std::vector<std::string>> environment;
  // The descriptors that become standard input, output and error of the
  // program; -1 for those of this process. The caller closes its own.
  int in = -1;
  int out = -1;
  int err = -1;
};

// Returns the process id, or -1 when the program cannot be started. The program
// gets no other descriptor of this process, since a socket of the test must not
// live on in it, and does not ignore SIGINT, as what a shell runs in its
// background does.
pid_t Spawn(const SpawnOptions& options);

// Waits for the end of the process. Returns its exit status, or -signal.
int WaitForEnd(pid_t pid);

}  // namespace linktor::testing
