// "linktor-igd check" finds out whether a server with this configuration would
// start, without starting one and without changing anything.

#pragma once

#include <string>
#include <vector>

#include "server/app/config.h"
#include "server/base/clock.h"

namespace linktor::app {

// A HostCheck holds all that was found; each entry is one sentence.
struct HostCheck {
  // A server would not start because of these, or should not: a key file that
  // others may read is one of them.
  std::vector<std::string> problems;
  // These are for the reader to judge.
  std::vector<std::string> notes;
};

// Tries the master key file and its mode, the key against the data folder, the
// folder's rights, the certificates, and whether the ports or the Unix socket
// are free and different. While a server uses the folder, an address in use is
// a note, because it may be that server's own. It changes nothing, but for a
// moment it binds the ports.
HostCheck CheckHost(const Config& config, const Clock& clock);
// Prints notes on standard output and problems on standard error, or that there
// are none. Returns whether there are no problems.
bool CheckAndTell(const Config& config, const Clock& clock);

}  // namespace linktor::app
