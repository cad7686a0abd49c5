// Reads the configuration again, after SIGHUP. main calls it on the main
// thread, between two signals.

#pragma once

#include "server/app/app.h"
#include "server/app/config.h"

namespace linktor::app {

// Reads the configuration from the same command line, and gives the server the
// settings that it can take without a restart. A configuration with a problem
// is not taken at all, and the old one stays in force. Either way a line of the
// log says so. The taken values are written into `current`; a change that needs
// a restart is not, so that it is named again at the next reload.
void Reload(int argc, const char* const* argv, App& app, CommandLine& current);

}  // namespace linktor::app
