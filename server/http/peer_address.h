// Finds out whom a request comes from where proxies stand between:
// X-Forwarded-For is believed of trusted addresses alone. Logs have the result;
// nothing is decided by it. Pure.

#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linktor::http {

// This is a range of IP addresses: "10.0.0.0/8", "2001:db8::/32" or one
// address. The configuration makes them; they are immutable.
class IpNetwork {
 public:
  // Returns nothing when `text` is none of these. Bits behind the prefix are
  // allowed and ignored. An IPv4 address that is mapped into IPv6 is one of
  // IPv4.
  static std::optional<IpNetwork> Parse(std::string_view text);

  // Returns whether the address is in the range. An IPv4 address is never in a
  // range of IPv6 addresses, nor the other way round.
  bool Contains(const boost::asio::ip::address& address) const;

 private:
  IpNetwork(boost::asio::ip::address address, unsigned prefix)
      : address_(std::move(address)), prefix_(prefix) {}

  boost::asio::ip::address address_;
  // This many first bits of an address decide: 0 to 32, or 0 to 128.
  unsigned prefix_;
};

// Returns the address that a request came from. `peer` is the connection's
// other end; `forwarded` are the values of the X-Forwarded-For headers, in
// their order. Each proxy appends whom it has the request from. So the chain is
// read from its end, and the last address that is not a trusted proxy's is
// taken. An untrusted peer is not believed at all: its own address comes back.
// An entry that is no address ends the reading.
std::string ClientAddress(const std::string& peer,
                          const std::vector<std::string_view>& forwarded,
                          const std::vector<IpNetwork>& trusted);

}  // namespace linktor::http
