#include "server/http/peer_address.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linktor::http {
namespace {

std::vector<IpNetwork> Networks(const std::vector<std::string>& texts) {
  std::vector<IpNetwork> networks;
  networks.reserve(texts.size());
  for (const std::string& text : texts) {
    const std::optional<IpNetwork> network = IpNetwork::Parse(text);
    EXPECT_TRUE(network.has_value()) << text;
    if (network.has_value()) networks.push_back(*network);
  }
  return networks;
}

TEST(IpNetworkTest, Parses) {
  for (const char* good : {"10.0.0.0/8", "127.0.0.1", "::1", "2001:db8::/32",
                           "0.0.0.0/0", "::/0", "10.1.2.3/32"}) {
    EXPECT_TRUE(IpNetwork::Parse(good).has_value()) << good;
  }
  for (const char* bad :
       {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "::/129",
        "proxy.example", "10.0.0/8", "/8", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(IpNetwork::Parse(bad).has_value()) << bad;
  }
}

struct ClientCase {
  const char* peer;
  std::vector<std::string_view> forwarded;
  std::vector<std::string> trusted;
  const char* client;
};

TEST(ClientAddressTest, Table) {
  const std::vector<std::string> kProxies = {"10.0.0.0/8", "::1"};
  const ClientCase cases[] = {
      {"203.0.113.9", {}, {}, "203.0.113.9"},
      // Nothing is believed without trusted proxies.
      {"10.0.0.1", {"203.0.113.9"}, {}, "10.0.0.1"},
      {"203.0.113.1", {"203.0.113.9"}, kProxies, "203.0.113.1"},
      {"10.0.0.1", {"203.0.113.9"}, kProxies, "203.0.113.9"},
      {"::1", {"2001:db8::9"}, kProxies, "2001:db8::9"},
      {"::ffff:10.0.0.1", {"203.0.113.9"}, kProxies, "203.0.113.9"},
      // Proxies of our own in a chain; what a stranger wrote before is not
      // reached.
      {"10.0.0.1",
       {"198.51.100.1, 203.0.113.9 , 10.2.3.4"},
       kProxies,
       "203.0.113.9"},
      {"10.0.0.1",
       {"198.51.100.1", "203.0.113.9,10.2.3.4"},
       kProxies,
       "203.0.113.9"},
      // The whole chain is trusted: the first is the client.
      {"10.0.0.1", {"10.9.9.9, 10.2.3.4"}, kProxies, "10.9.9.9"},
      {"10.0.0.1", {""}, kProxies, "10.0.0.1"},
      {"10.0.0.1", {"unknown"}, kProxies, "10.0.0.1"},
      {"10.0.0.1", {"203.0.113.9:4711"}, kProxies, "10.0.0.1"},
      {"10.0.0.1", {"203.0.113.9, _hidden"}, kProxies, "10.0.0.1"},
  };
  for (const ClientCase& one : cases) {
    EXPECT_EQ(ClientAddress(one.peer, one.forwarded, Networks(one.trusted)),
              one.client)
        << one.peer;
  }
}

}  // namespace
}  // namespace linktor::http
