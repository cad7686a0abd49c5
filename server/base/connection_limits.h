// Limits how many connections a listener takes, in total and from one address,
// so that no single peer can use up the server's descriptors. The listeners of
// gRPC and of HTTP have one each.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "server/base/mutex.h"
#include "server/base/strings.h"

namespace linktor {

// Thread-safe: a listener's accepting threads add connections, and whichever
// thread ends a connection removes it. No call blocks.
class ConnectionLimits {
 public:
  // Both limits are numbers of connections and at least 1.
  ConnectionLimits(std::size_t total, std::size_t per_address)
      : total_(total), per_address_(per_address) {}
  ConnectionLimits(const ConnectionLimits&) = delete;
  ConnectionLimits& operator=(const ConnectionLimits&) = delete;

  // Counts a connection from `address`, an IP address as text without a port; a
  // zone ("%eth0") is ignored. IPv6 addresses are counted by their first 64
  // bits, because one machine has all addresses that begin so; an IPv4 address
  // that is mapped into IPv6 counts as IPv4. `address` is empty for peers
  // without one (Unix sockets), which only the total limits. Returns false, and
  // counts nothing, when a limit is reached. std::bad_alloc leaves it when
  // there is no memory for a new address; nothing is counted then.
  [[nodiscard]] bool Add(std::string_view address);
  // Notes the end of a connection that Add has counted for the same `address`.
  // It needs no memory, so a connection can always leave.
  void Remove(std::string_view address);

  // Returns how many connections are counted now.
  std::size_t size() const;

 private:
  const std::size_t total_;
  const std::size_t per_address_;
  // Guards both counts, which change together.
  mutable Mutex mutex_;
  std::size_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  // Holds the connections of each address or prefix, without those of peers
  // that have no address. An entry goes with its last connection, so the map is
  // never larger than the total.
  StringMap<std::size_t> by_address_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor
