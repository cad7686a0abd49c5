// Whether this machine has the IPv6 loopback address, asked of the kernel and
// not of the code under test: a fault there must fail a test, not skip it.

#pragma once

#include <fstream>
#include <string>

namespace linktor {

inline bool MachineHasIpv6Loopback() {
  std::ifstream interfaces("/proc/net/if_inet6");
  for (std::string line; std::getline(interfaces, line);) {
    if (line.starts_with("00000000000000000000000000000001 ")) return true;
  }
  return false;
}

}  // namespace linktor
