// What "linktor-igd" does besides serving: check, backup, restore.

#pragma once

#include "server/app/config.h"
#include "server/base/clock.h"

namespace linktor {

// Exit statuses of the program.
inline constexpr int kExitFailed = 1;
inline constexpr int kExitBadConfiguration = 2;

// Runs the command, which is not kServe, and prints what came of it: results on
// standard output, problems on standard error. Returns the exit status.
int RunCommand(const CommandLine& command_line, const Clock& clock);

}  // namespace linktor
