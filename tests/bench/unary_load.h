// Unary calls with a fixed number in flight.

#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "tests/bench/peer.h"

namespace linktor::bench {

struct UnaryLoad {
  Peer server;
  std::string method;
  // The serialised request of the next call; from several threads.
  std::function<std::string()> make;
  std::size_t calls = 0;
  int channels = 1;
  int in_flight = 1;
};

// Calls a second. Ends the process when a call fails.
double RunUnaryLoad(const UnaryLoad& load);

}  // namespace linktor::bench
