// Makes unary calls with a fixed number in flight.

#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "tests/bench/peer.h"

namespace linktor::bench {

struct UnaryLoad {
  Peer server;
  std::string method;
  // It returns the serialised request of the next call, and is called from
  // several threads.
  std::function<std::string()> make;
  std::size_t calls = 0;
  int channels = 1;
  int in_flight = 1;
};

// Returns the calls a second. It ends the process when a call fails.
double RunUnaryLoad(const UnaryLoad& load);

}  // namespace linktor::bench
