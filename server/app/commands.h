// Runs the commands of "linktor-igd" other than serving: check, backup and
// restore. The function main calls RunCommand on its only thread, and ends the
// program with the result.

#pragma once

#include "server/app/config.h"
#include "server/base/clock.h"

namespace linktor::app {

// The program ends with 0 or with one of these exit statuses. Scripts rely on
// the numbers: do not change.
inline constexpr int kExitFailed = 1;
// The configuration or the command line is wrong, or the command `check` has
// found a problem. Nothing was started or changed.
inline constexpr int kExitBadConfiguration = 2;

// Runs the command, which must not be kServe. Prints results on standard output
// and problems on standard error. Returns the exit status. It blocks for as
// long as the command takes.
int RunCommand(const CommandLine& command_line, const Clock& clock);

}  // namespace linktor::app
