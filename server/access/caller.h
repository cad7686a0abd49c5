// A caller is the holder of an API key, or anybody while the server runs
// without keys.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "linktor/instagram/v1/api_key.pb.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"
#include "server/base/v1.h"

namespace linktor::access {

// The part of a key that calls change. It stays the same when the key is
// updated.
struct KeyUse {
  std::atomic<std::int64_t> calls{0};
  std::atomic<std::int64_t> streams{0};
  // When a call last presented it, in ms; 0: not since the server started.
  std::atomic<std::int64_t> last_use_ms{0};
};

// A key as it was at a time; immutable but for its use.
struct KeyEntry {
  v1::ApiKey key;
  std::int64_t revision = 0;
  Digest hash{};
  // One bit for each v1::Permission.
  std::uint32_t permissions = 0;
  // Empty: all channels.
  StringSet channels;
  absl::Time expire_time = absl::InfiniteFuture();
  // Shared with the entries of earlier and later revisions.
  std::shared_ptr<KeyUse> use;

  bool Has(v1::Permission permission) const {
    return (permissions >> static_cast<unsigned>(permission) & 1U) != 0;
  }
  bool CoversAll() const { return channels.empty(); }
  bool Covers(std::string_view channel_id) const {
    return channels.empty() || channels.contains(channel_id);
  }
};
using KeyEntryPtr = std::shared_ptr<const KeyEntry>;

// Copied freely; thread-safe.
class Caller {
 public:
  // A caller of a server without keys, who may do everything.
  Caller() = default;
  explicit Caller(KeyEntryPtr key) : key_(std::move(key)) {}

  bool Has(v1::Permission permission) const {
    return key_ == nullptr || key_->Has(permission);
  }
  bool CoversAll() const { return key_ == nullptr || key_->CoversAll(); }
  bool Covers(std::string_view channel_id) const {
    return key_ == nullptr || key_->Covers(channel_id);
  }
  // Empty without a key.
  std::string_view key_id() const {
    return key_ == nullptr ? std::string_view() : key_->key.id();
  }
  // Null without a key.
  const KeyEntryPtr& key() const { return key_; }

 private:
  KeyEntryPtr key_;
};

}  // namespace linktor::access
