// Reads the configuration again, after SIGHUP.

#pragma once

#include "server/app/app.h"
#include "server/app/config.h"

namespace linktor {

// Reads the configuration again, from the same command line, and gives the
// server what it can take without a restart. What is wrong with it leaves the
// old one in force. Either way a line of the log says so. `current` becomes
// what is in force.
void Reload(int argc, const char* const* argv, App& app, CommandLine& current);

}  // namespace linktor
