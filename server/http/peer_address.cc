#include "server/http/peer_address.h"

#include <algorithm>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <charconv>

#include "absl/strings/str_split.h"
#include "server/base/strings.h"
#include "server/http/message.h"

namespace linktor::http {
namespace {

namespace ip = boost::asio::ip;

constexpr unsigned kBits4 = 32;
constexpr unsigned kBits6 = 128;

std::optional<ip::address> ParseAddress(std::string_view text) {
  boost::system::error_code error;
  ip::address address = ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  // A dual-stack socket spells IPv4 addresses so.
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return address;
}

bool IsTrusted(const ip::address& address,
               const std::vector<IpNetwork>& trusted) {
  return std::any_of(trusted.begin(), trusted.end(), [&](const IpNetwork& one) {
    return one.Contains(address);
  });
}

}  // namespace

std::optional<IpNetwork> IpNetwork::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = ParseAddress(text.substr(0, slash));
  if (!address.has_value()) return std::nullopt;
  const unsigned bits = address->is_v4() ? kBits4 : kBits6;
  if (slash == std::string_view::npos) return IpNetwork(*address, bits);
  const std::string_view digits = text.substr(slash + 1);
  unsigned prefix = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (error != std::errc() || end != digits.data() + digits.size() ||
      prefix > bits) {
    return std::nullopt;
  }
  return IpNetwork(*address, prefix);
}

bool IpNetwork::Contains(const ip::address& address) const {
  if (address.is_v4() != address_.is_v4()) return false;
  if (address.is_v4()) {
    return ip::network_v4(address.to_v4(), static_cast<unsigned short>(prefix_))
               .canonical() ==
           ip::network_v4(address_.to_v4(),
                          static_cast<unsigned short>(prefix_))
               .canonical();
  }
  return ip::network_v6(address.to_v6(), static_cast<unsigned short>(prefix_))
             .canonical() ==
         ip::network_v6(address_.to_v6(), static_cast<unsigned short>(prefix_))
             .canonical();
}

std::string ClientAddress(const std::string& peer,
                          const std::vector<std::string_view>& forwarded,
                          const std::vector<IpNetwork>& trusted) {
  std::optional<ip::address> client = ParseAddress(peer);
  if (!client.has_value() || trusted.empty()) return peer;
  std::vector<std::string> chain;
  for (const std::string_view value : forwarded) {
    for (const absl::string_view one : absl::StrSplit(ToAbsl(value), ',')) {
      chain.emplace_back(WithoutBlanks(ToStd(one)));
    }
  }
  while (IsTrusted(*client, trusted) && !chain.empty()) {
    const std::optional<ip::address> before = ParseAddress(chain.back());
    // An entry that is no address was not written by a proxy of ours.
    if (!before.has_value()) break;
    client = before;
    chain.pop_back();
  }
  return client->to_string();
}

}  // namespace linktor::http
