#include "server/base/connection_limits.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

namespace linktor {
namespace {

// A site's smallest IPv6 network has 64 bits of prefix, so a stranger has at
// least all addresses behind them.
constexpr std::size_t kPrefixBytes = 8;

// Makes the key that an address is counted by: an IPv4 address as it is, also
// where it is mapped into IPv6, and the first 64 bits of an IPv6 address. The
// class holds the whole key itself, so that a connection can leave where there
// is no memory.
class Key {
 public:
  explicit Key(std::string_view address) {
    address = address.substr(0, address.find('%'));
    // One byte stays for the zero that inet_pton needs.
    size_ = std::min(address.size(), text_.size() - 1);
    std::copy_n(address.begin(), size_, text_.begin());
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    if (inet_pton(AF_INET6, text_.data(), bytes.data()) != 1) return;
    constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0,    0,
                                                       0, 0, 0, 0, 0xFF, 0xFF};
    if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
      inet_ntop(AF_INET, bytes.data() + kMapped.size(), text_.data(),
                INET_ADDRSTRLEN);
      size_ = std::string_view(text_.data()).size();
    } else {
      size_ = kPrefixBytes;
      std::copy_n(bytes.begin(), size_, text_.begin());
    }
  }

  std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, INET6_ADDRSTRLEN> text_{};
  std::size_t size_ = 0;
};

}  // namespace

bool ConnectionLimits::Add(std::string_view address) {
  const Key key(address);
  MutexLock lock(mutex_);
  if (count_ >= total_) return false;
  if (!key.text().empty()) {
    const auto it = by_address_.find(key.text());
    if (it == by_address_.end()) {
      by_address_.emplace(key.text(), 1);
    } else if (it->second < per_address_) {
      ++it->second;
    } else {
      return false;
    }
  }
  ++count_;
  return true;
}

void ConnectionLimits::Remove(std::string_view address) {
  const Key key(address);
  MutexLock lock(mutex_);
  --count_;
  const auto it = by_address_.find(key.text());
  if (it != by_address_.end() && --it->second == 0) by_address_.erase(it);
}

std::size_t ConnectionLimits::size() const {
  MutexLock lock(mutex_);
  return count_;
}

}  // namespace linktor
