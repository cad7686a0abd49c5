// Reads the configuration again after SIGHUP. The function main calls Reload on
// the main thread, and waits for the next signal afterwards.

#pragma once

#include "server/app/app.h"
#include "server/app/config.h"

namespace linktor::app {

// Reads the configuration again with the same command line. Gives `app` the
// settings that it can take without a restart. When the new configuration has a
// problem, none of it is taken and the old one stays in force. In both cases a
// line of the log says what happened.
//
// The values that were taken are written into `current`. A changed value that
// needs a restart is not written there, so that the next reload names the
// change again.
void Reload(int argc, const char* const* argv, App& app, CommandLine& current);

}  // namespace linktor::app
