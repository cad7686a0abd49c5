// Finds out which client sent a request when there are proxies between the
// client and this server. X-Forwarded-For is believed only when it comes from a
// trusted address. The result is only for logs, and the server decides nothing
// by it. The functions are pure.

#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linktor::http {

// An IpNetwork is a range of IP addresses, such as "10.0.0.0/8" or
// "2001:db8::/32", or a single address. It is read from the configuration and
// never changes.
class IpNetwork {
 public:
  // Returns nullopt when `text` is neither a range nor an address. The bits
  // after the prefix may have any value and are ignored. An IPv4 address that
  // is mapped into IPv6, such as "::ffff:10.0.0.1", becomes an IPv4 address.
  static std::optional<IpNetwork> Parse(std::string_view text);

  // Returns whether the address is in the range. An IPv4 address is never in a
  // range of IPv6 addresses, and an IPv6 address is never in a range of IPv4
  // addresses.
  bool Contains(const boost::asio::ip::address& address) const;

 private:
  IpNetwork(boost::asio::ip::address address, unsigned prefix)
      : address_(std::move(address)), prefix_(prefix) {}

  boost::asio::ip::address address_;
  // This is the length of the prefix: only this many first bits of an address
  // are compared. It is 0 to 32 for IPv4, and 0 to 128 for IPv6.
  unsigned prefix_;
};

// Returns the address that a request came from. `peer` is the connection's
// other end. `forwarded` has the values of the X-Forwarded-For headers, in
// their order. Each proxy appends the address from which it has got the
// request. So the addresses are read from the end, and the first address that
// does not belong to a trusted proxy is the result. When `peer` is not trusted,
// the headers are not believed at all, and `peer` is the result. The reading
// stops at an entry that is no address, because no trusted proxy writes such an
// entry. It also stops when there are no more entries. In these two cases the
// address that was read last is the result.
std::string ClientAddress(const std::string& peer,
                          const std::vector<std::string_view>& forwarded,
                          const std::vector<IpNetwork>& trusted);

}  // namespace linktor::http
