// How many connections a listener takes, in total and from one address, so
// that no single peer can use up the server's descriptors. Thread-safe.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "server/base/mutex.h"
#include "server/base/strings.h"

namespace linktor {

class ConnectionLimits {
 public:
  // Both are at least 1.
  ConnectionLimits(std::size_t total, std::size_t per_address)
      : total_(total), per_address_(per_address) {}
  ConnectionLimits(const ConnectionLimits&) = delete;
  ConnectionLimits& operator=(const ConnectionLimits&) = delete;

  // Counts a connection from `address`, an IP address as text without a port.
  // IPv6 addresses are counted by their first 64 bits: one machine has all the
  // others. Empty for peers without an address (Unix sockets), which only the
  // total limits. False, and not counted, when a limit is reached.
  [[nodiscard]] bool Add(std::string_view address);
  // The connection, which Add has counted, has ended. Needs no memory.
  void Remove(std::string_view address);

  std::size_t size() const;

 private:
  const std::size_t total_;
  const std::size_t per_address_;
  mutable Mutex mutex_;
  std::size_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  StringMap<std::size_t> by_address_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor
