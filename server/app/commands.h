// These are the commands of "linktor-igd" besides serving: check, backup,
// restore. main calls them on its only thread, and ends the program with the
// result.

#pragma once

#include "server/app/config.h"
#include "server/base/clock.h"

namespace linktor::app {

// These are the exit statuses of the program besides 0. Scripts rely on them:
// do not change.
inline constexpr int kExitFailed = 1;
// The configuration or the command line is wrong, and nothing was tried.
inline constexpr int kExitBadConfiguration = 2;

// Runs the command, which must not be kServe, and prints its results on
// standard output and its problems on standard error. Returns the exit status.
// It blocks for as long as the command takes.
int RunCommand(const CommandLine& command_line, const Clock& clock);

}  // namespace linktor::app
