// Says who makes a call: the holder of an API key, or anybody when the server
// runs without keys. ApiKeys makes a KeyEntry for each API key. Admission
// (rpc/admission.h), the check of the channels that a request names
// (rpc/scope.h), and the services read these entries, on any thread. A key
// "covers" a channel when its holder may use the channel.

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

// A KeyUse holds the numbers of a key that change with each call. When the key
// is updated, the new entry shares the KeyUse of the old entry, so that no call
// is lost from the counts. Each number is used by itself, so the numbers are
// atomic and need no lock.
struct KeyUse {
  // This many unary calls and this many streams of the key are under way.
  // Admission compares the two numbers with the key's limits.
  std::atomic<std::int64_t> calls{0};
  std::atomic<std::int64_t> streams{0};
  // The key was last used at this time, in ms since the epoch. The value 0
  // means that the key was not used since the server started.
  std::atomic<std::int64_t> last_use_ms{0};
};

// A KeyEntry is one version of a key. An entry never changes, except for the
// numbers in `use`.
struct KeyEntry {
  v1::ApiKey key;
  // The revision is 1 for a new key and grows with each change of the key.
  std::int64_t revision = 0;
  // This is Sealer::ApiKeyHash of the key's text. By this hash the server
  // recognises the key that a caller presents.
  Digest hash{};
  // Bit n stands for the v1::Permission of number n.
  std::uint32_t permissions = 0;
  // The key covers only these channels; an empty set stands for all channels.
  StringSet channels;
  // From this time on the key is not in force.
  absl::Time expire_time = absl::InfiniteFuture();
  // The entries of the key's earlier and later revisions share this object. A
  // call that is under way keeps the object alive even when the key is deleted:
  // at its end the call must still reduce the count (see Place in
  // rpc/admission.h).
  std::shared_ptr<KeyUse> use;

  // The next three functions say what the key may do. They do not say whether
  // the key is in force; ApiKeys decides that.
  bool Has(v1::Permission permission) const {
    return (permissions >> static_cast<unsigned>(permission) & 1U) != 0;
  }
  // Returns whether the key covers all channels, including channels that are
  // created later.
  bool CoversAll() const { return channels.empty(); }
  bool Covers(std::string_view channel_id) const {
    return channels.empty() || channels.contains(channel_id);
  }
};
using KeyEntryPtr = std::shared_ptr<const KeyEntry>;

// A Caller can be copied freely, and is thread-safe. It keeps the KeyEntry with
// which the caller was authenticated, so its answers do not change during a
// call.
class Caller {
 public:
  // Makes the caller of a server without keys; this caller may do everything.
  Caller() = default;
  // Makes a caller that holds a key; `key` must not be null.
  explicit Caller(KeyEntryPtr key) : key_(std::move(key)) {}

  // A caller without a key has every permission over all channels.
  bool Has(v1::Permission permission) const {
    return key_ == nullptr || key_->Has(permission);
  }
  bool CoversAll() const { return key_ == nullptr || key_->CoversAll(); }
  bool Covers(std::string_view channel_id) const {
    return key_ == nullptr || key_->Covers(channel_id);
  }
  // Returns the key's id, which is borrowed from this object. The id is empty
  // when the caller has no key.
  std::string_view key_id() const {
    return key_ == nullptr ? std::string_view() : key_->key.id();
  }
  // Returns the entry of the key; null when the caller has no key.
  const KeyEntryPtr& key() const { return key_; }

 private:
  KeyEntryPtr key_;
};

}  // namespace linktor::access
