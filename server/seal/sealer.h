// Encrypts what people wrote, and credentials, before they leave the process or
// reach the disk.
//
// The master key never encrypts content: it wraps data keys, those of a
// conversation and those of a channel, so that erasing a person destroys keys.
// Nobody outside this class sees a key in the clear. Sealed bytes are: version
// 1 ‖ data key id (8) ‖ nonce (12) ‖ ciphertext ‖ tag (16), AES-256-GCM-SIV,
// bound to the place and the id that they are stored under.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/crypto.h"
#include "server/base/mutex.h"
#include "server/base/recent_map.h"
#include "server/base/secret.h"
#include "server/journal/record.pb.h"

namespace linktor {

// The owner of a key: a conversation, with an empty user a channel, or
// with channel 0 the installation.
struct KeyScope {
  std::int64_t channel_no = 0;
  std::string user_id;

  template <typename H>
  friend H AbslHashValue(H h, const KeyScope& s) {
    return H::combine(std::move(h), s.channel_no, s.user_id);
  }
  bool operator==(const KeyScope&) const = default;
};

// Where sealed bytes are stored; part of what is authenticated.
enum class SealedPlace : char {
  // Persisted in every sealed value: do not change.
  kEvent = 'e',
  kRawItem = 'r',
  kMessage = 'm',
  kMessageError = 'x',
  kCredentials = 'c',
  kUsername = 'u',
  kChannel = 'h',
  kIceBreakers = 'i',
  kApiKey = 'k',
};

// Where stored data keys are looked up. Thread-safe.
class KeySource {
 public:
  virtual ~KeySource() = default;
  // One of the scope's keys; nothing when none is stored.
  virtual absl::StatusOr<std::optional<journal::DataKey>> FindKey(
      const KeyScope& scope) = 0;
  virtual absl::StatusOr<std::optional<journal::DataKey>> FindKeyById(
      std::int64_t id) = 0;
};

// Whether the content was erased: zeros of the same length are in its place.
inline bool IsErased(std::string_view sealed) {
  return !sealed.empty() && sealed.front() == '\0';
}

// Keys that must be durable before what they have sealed; see AppendSealed.
using NewKeys = std::vector<journal::DataKey>;

// Thread-safe.
class Sealer {
 public:
  // The keys that were used last are kept in memory, at least this many and at
  // most twice as many.
  static constexpr std::size_t kCacheSize = 50'000;

  // `master_key` has 32 bytes. `keys` must outlive this.
  Sealer(const Secret& master_key, KeySource& keys);

  // Seals `plaintext` for `place` and `id`. Where the scope has no key that is
  // stored or among `new_keys`, a new one is made and added to them: what comes
  // of it is no concern of the next caller, who makes one of its own until one
  // is stored. Fails only when the stored keys cannot be read.
  absl::StatusOr<std::string> Seal(const KeyScope& scope, SealedPlace place,
                                   std::string_view id,
                                   std::string_view plaintext,
                                   NewKeys& new_keys);

  // DATA_LOSS when the bytes are not what was sealed, or the key is gone.
  absl::StatusOr<std::string> Open(SealedPlace place, std::string_view id,
                                   std::string_view sealed);

  // These keys are stored now, whoever made them.
  void OnStored(std::span<const journal::DataKey> keys);

  // These keys are destroyed; what they have sealed cannot be opened any more.
  void OnDestroyed(std::span<const std::int64_t> ids);

  // A value that only the right master key recognises.
  std::string MakeKeyCheck() const;
  bool IsKeyCheck(std::string_view value) const;

  // Keyed hashes, 16 bytes: equal inputs are recognised, contents not revealed.
  std::string Fingerprint(std::string_view secret) const;
  std::string ContentMatch(const KeyScope& scope, std::string_view text) const;
  std::string RequestFingerprint(std::string_view request) const;
  // Returns what is stored of an API key. Persisted: do not change.
  Digest ApiKeyHash(std::string_view key) const;

 private:
  struct DataKey {
    std::int64_t id = 0;
    KeyScope scope;
    AeadKey aead;
  };
  using KeyPtr = std::shared_ptr<const DataKey>;

  absl::StatusOr<KeyPtr> KeyFor(const KeyScope& scope, NewKeys& new_keys);
  absl::StatusOr<KeyPtr> KeyById(std::int64_t id);
  absl::StatusOr<KeyPtr> KeyById(const journal::DataKey& known);
  KeyPtr FindByScope(const KeyScope& scope)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  KeyPtr FindById(std::int64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Keeps a key that was read from the disk.
  void Remember(const KeyPtr& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<KeyPtr> Unwrap(const journal::DataKey& stored) const;
  KeyPtr MakeKey(const KeyScope& scope, NewKeys& new_keys) const;

  KeySource& keys_;
  const AeadKey wrapping_;
  const HmacKey fingerprints_;
  const HmacKey content_;
  const HmacKey requests_;
  const HmacKey api_keys_;

  Mutex mutex_;
  // The key with which the next caller seals. Only a stored key is here.
  RecentMap<KeyScope, std::int64_t> id_of_ ABSL_GUARDED_BY(mutex_){kCacheSize};
  // Keys that are not stored yet are here, too. A destroyed key goes from here
  // alone, so nobody finds it by its scope either.
  RecentMap<std::int64_t, KeyPtr> by_id_ ABSL_GUARDED_BY(mutex_){kCacheSize};
};

}  // namespace linktor
