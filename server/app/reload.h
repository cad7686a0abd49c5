// Reads the configuration again after SIGHUP. The function main calls Reload on
// the main thread, and then waits for the next signal.

#pragma once

#include "server/app/app.h"
#include "server/app/config.h"

namespace linktor::app {

// Reads the configuration again with the same command line. Gives `app` the
// settings that it can take without a restart. When the new configuration has a
// problem, Reload takes no setting, and the old configuration stays in force.
// In both cases a line in the server's log says what happened.
//
// `current` holds the configuration with which the server runs. Reload writes
// the values that were taken into `current.values`. It does not write a changed
// value that needs a restart, so that the log line of the next reload names
// this change again.
void Reload(int argc, const char* const* argv, App& app, CommandLine& current);

}  // namespace linktor::app
