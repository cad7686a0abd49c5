// Starts built programs as processes of their own, for tests and the bench.

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
  // It has "NAME=value" for each variable; without it the program gets the
  // variables of this process.
  std::optional<std::vector<std::string>> environment;
  // These descriptors become standard input, output and error of the program;
  // -1 stands for that of this process. The caller closes its own.
  int in = -1;
  int out = -1;
  int err = -1;
};

// Returns the process id, or -1 when the program cannot be started. The program
// gets no other descriptor of this process, since a socket of the test must not
// live on in it. It does not ignore SIGINT, which a shell makes the programs
// that it runs in the background do.
pid_t Spawn(const SpawnOptions& options);

// Waits for the end of the process. Returns its exit status, or the negative
// number of the signal that ended it.
int WaitForEnd(pid_t pid);

}  // namespace linktor::testing
