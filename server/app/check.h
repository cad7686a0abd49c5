// "linktor-igd check" finds out whether a server with this configuration would
// start on this machine. It starts no server and changes nothing on the
// machine.

#pragma once

#include <string>
#include <vector>

#include "server/app/config.h"
#include "server/base/clock.h"

namespace linktor::app {

// A HostCheck holds everything that CheckHost has found; each text describes
// one thing.
struct HostCheck {
  // With one of these problems a server would not start, or should not start.
  // For example, a server should not start with a master key file that other
  // users may read.
  std::vector<std::string> problems;
  // These facts may be intended or may be a mistake; the operator must decide
  // which.
  std::vector<std::string> notes;
};

// Checks the master key file and its mode, whether this process may read and
// write in the data folder, and whether the master key fits the data in the
// folder. It also checks the TLS certificates. Then it checks whether the
// addresses of the three listeners are free and different from each other.
// While a server uses the data folder, an address that is in use gives only a
// note, because that server may be the one that uses the address.
//
// CheckHost changes nothing on the machine, but it binds the TCP ports for a
// moment. Like a server, it forbids core dumps of its own process
// (core_dumps.h), unless the configuration allows them, because it reads the
// master key.
HostCheck CheckHost(const Config& config, const Clock& clock);
// Calls CheckHost. Prints the notes on standard output, and the problems on
// standard error. When there are no problems, it prints on standard output that
// the configuration is good, and returns true.
bool CheckAndTell(const Config& config, const Clock& clock);

}  // namespace linktor::app
