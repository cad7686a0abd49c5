// Says who makes a call: the holder of an API key, or anybody while the server
// runs without keys. ApiKeys makes the entries; admission, the scope of a call
// and the services ask them, on any thread.

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

// This is the part of a key that calls change. It stays the same object when
// the key is updated, so that limits and uses go on. The numbers order nothing
// else, so they need no lock.
struct KeyUse {
  // This many calls and streams of the key are under way; admission counts them
  // against the key's limits.
  std::atomic<std::int64_t> calls{0};
  std::atomic<std::int64_t> streams{0};
  // A call last presented the key at this time, in ms since the epoch; 0: not
  // since the server started.
  std::atomic<std::int64_t> last_use_ms{0};
};

// This is a key as it was at a time; immutable but for its use.
struct KeyEntry {
  v1::ApiKey key;
  // Grows with each change of the key, from 1.
  std::int64_t revision = 0;
  // It is Sealer::ApiKeyHash of the key's text, by which a caller is
  // recognised.
  Digest hash{};
  // Bit n stands for the v1::Permission of number n.
  std::uint32_t permissions = 0;
  // The key is limited to these channels; an empty set stands for all channels.
  StringSet channels;
  // The key is not in force from this time on.
  absl::Time expire_time = absl::InfiniteFuture();
  // It is shared with the entries of earlier and later revisions, and with the
  // places of calls that outlive them.
  std::shared_ptr<KeyUse> use;

  // These say what the key may do, not whether it is in force; ApiKeys judges
  // that.
  bool Has(v1::Permission permission) const {
    return (permissions >> static_cast<unsigned>(permission) & 1U) != 0;
  }
  // Returns whether channels that are made later are covered, too.
  bool CoversAll() const { return channels.empty(); }
  bool Covers(std::string_view channel_id) const {
    return channels.empty() || channels.contains(channel_id);
  }
};
using KeyEntryPtr = std::shared_ptr<const KeyEntry>;

// A Caller is copied freely; thread-safe. It keeps the entry that it was
// authenticated by alive, so what it says does not change during a call.
class Caller {
 public:
  // Makes a caller of a server without keys, who may do everything.
  Caller() = default;
  // Makes the holder of a key; `key` is not null.
  explicit Caller(KeyEntryPtr key) : key_(std::move(key)) {}

  // A caller without a key has every permission over all channels.
  bool Has(v1::Permission permission) const {
    return key_ == nullptr || key_->Has(permission);
  }
  bool CoversAll() const { return key_ == nullptr || key_->CoversAll(); }
  bool Covers(std::string_view channel_id) const {
    return key_ == nullptr || key_->Covers(channel_id);
  }
  // Returns the key's id, borrowed from this; empty without a key.
  std::string_view key_id() const {
    return key_ == nullptr ? std::string_view() : key_->key.id();
  }
  // Returns the entry; null without a key.
  const KeyEntryPtr& key() const { return key_; }

 private:
  KeyEntryPtr key_;
};

}  // namespace linktor::access
