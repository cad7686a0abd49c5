// Tests that need the IPv6 loopback address are skipped on machines that do not
// have it, except in CI. The test asks the kernel whether the machine has it,
// and not the code under test. Otherwise a fault in that code would skip the
// test instead of failing it.

#pragma once

#include <cstdlib>
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

// Returns whether a test may be skipped because the machine lacks something.
// .ci/run sets LINKTOR_ALL_TESTS; then such a test fails.
inline bool MaySkipTests() {
  return std::getenv("LINKTOR_ALL_TESTS") == nullptr;
}

}  // namespace linktor
