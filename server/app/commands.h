// Runs the commands check, backup and restore of the program linktor-igd. The
// function main calls RunCommand on the main thread, and ends the program with
// the result. Without a command, main starts the server instead (app.h).

#pragma once

#include "server/app/config.h"
#include "server/base/clock.h"

namespace linktor::app {

// The program ends with 0 or with one of these exit statuses. Scripts rely on
// the numbers, so they must not change. kExitFailed means that the server or a
// command has failed.
inline constexpr int kExitFailed = 1;
// The configuration or the command line is wrong, or the command `check` has
// found a problem. Nothing was started or changed.
inline constexpr int kExitBadConfiguration = 2;

// Runs the command, which must not be kServe. Prints results on standard output
// and problems on standard error. Returns the exit status. It blocks until the
// command has ended.
int RunCommand(const CommandLine& command_line, const Clock& clock);

}  // namespace linktor::app
