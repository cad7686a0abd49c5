// Limits how many connections a listener takes, in total and from one address,
// so that no single peer can use up the server's file descriptors. The gRPC
// listener and each HTTP listener have one ConnectionLimits each.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "server/base/mutex.h"
#include "server/base/strings.h"

namespace linktor {

// The class is thread-safe. A listener's accepting threads add connections, and
// the thread that ends a connection removes it. No call blocks.
class ConnectionLimits {
 public:
  // Both limits are numbers of connections. Each must be at least 1.
  ConnectionLimits(std::size_t total, std::size_t per_address)
      : total_(total), per_address_(per_address) {}
  ConnectionLimits(const ConnectionLimits&) = delete;
  ConnectionLimits& operator=(const ConnectionLimits&) = delete;

  // Counts a connection from `address` and returns true. When a limit is
  // reached, it counts nothing and returns false. `address` is an IP address as
  // text without a port; a zone ("%eth0") is ignored.
  //
  // IPv6 addresses with the same first 64 bits count as one address, because
  // one machine may use all addresses that begin with these bits. An IPv4
  // address that is mapped into IPv6 counts as IPv4. `address` is empty for a
  // peer without an address (a Unix socket). Then only the limit of the total
  // applies. Add throws std::bad_alloc when there is no memory for a new
  // address, and then it has counted nothing.
  [[nodiscard]] bool Add(std::string_view address);
  // Notes the end of a connection that Add has counted for the same `address`.
  // It needs no memory, so it never fails.
  void Remove(std::string_view address);

  // Returns how many connections are counted now.
  std::size_t size() const;

 private:
  const std::size_t total_;
  const std::size_t per_address_;
  // Guards the total count and the counts for each address, which change
  // together.
  mutable Mutex mutex_;
  std::size_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  // Maps each address or IPv6 prefix to its number of connections. It does not
  // count peers without an address. An entry is removed with its last
  // connection, so the map never has more entries than there are connections.
  StringMap<std::size_t> by_address_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor
