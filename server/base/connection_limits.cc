#include "server/base/connection_limits.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

namespace linktor {
namespace {

constexpr std::size_t kPrefixBytes = 8;

// Returns what an address is counted by: an IPv4 address (also one mapped into
// IPv6) as it is, of an IPv6 address the first 64 bits.
std::string KeyOf(std::string_view address) {
  std::string text(address.substr(0, address.find('%')));
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0,    0,
                                                     0, 0, 0, 0, 0xFF, 0xFF};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
    std::array<char, INET_ADDRSTRLEN> out{};
    inet_ntop(AF_INET, bytes.data() + kMapped.size(), out.data(), out.size());
    return out.data();
  }
  return {bytes.begin(), bytes.begin() + kPrefixBytes};
}

}  // namespace

bool ConnectionLimits::Add(std::string_view address) {
  const std::string key = KeyOf(address);
  MutexLock lock(mutex_);
  if (count_ >= total_) return false;
  if (!key.empty()) {
    std::size_t& used = by_address_[key];
    if (used >= per_address_) return false;
    ++used;
  }
  ++count_;
  return true;
}

void ConnectionLimits::Remove(std::string_view address) {
  const std::string key = KeyOf(address);
  MutexLock lock(mutex_);
  --count_;
  const auto it = by_address_.find(key);
  if (it != by_address_.end() && --it->second == 0) by_address_.erase(it);
}

std::size_t ConnectionLimits::size() const {
  MutexLock lock(mutex_);
  return count_;
}

}  // namespace linktor
