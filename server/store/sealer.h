// Encrypts what people wrote, and credentials, before they reach the disk.
//
// The master key never encrypts content: it wraps data keys, one per
// conversation and one per channel, so that rotating it rewraps keys and
// erasing a user destroys one. Nobody outside this class sees a key. Sealed
// bytes are: version 1 ‖ data key id (8) ‖ nonce (12) ‖ ciphertext ‖ tag (16),
// AES-256-GCM-SIV, bound to the place they are stored in.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/crypto.h"
#include "server/base/mutex.h"
#include "server/base/secret.h"
#include "server/store/read_pool.h"

namespace linktor {

// Whose key seals something: a conversation, or with an empty user the channel.
struct KeyScope {
  std::int64_t channel_no = 0;
  std::string user_id;

  template <typename H>
  friend H AbslHashValue(H h, const KeyScope& s) {
    return H::combine(std::move(h), s.channel_no, s.user_id);
  }
  bool operator==(const KeyScope&) const = default;
};

// A data key that is not stored yet; the record whose content it sealed brings
// it along.
struct NewKey {
  std::int64_t id = 0;
  KeyScope scope;
  std::string wrapped;
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
};

class Sealer {
 public:
  // Keys read from the database are kept, at most this many per generation of
  // the cache; the least recently used ones go.
  static constexpr std::size_t kCacheSize = 50'000;

  // `master_key` has 32 bytes. `keys` must outlive this.
  Sealer(const Secret& master_key, ReadPool& keys);

  // Seals `plaintext` for `place`, `id` (the row's own). If the data key is
  // not stored yet, adds it to `new_keys`. Fails only when the key cannot be
  // read.
  absl::StatusOr<std::string> Seal(const KeyScope& scope, SealedPlace place,
                                   std::string_view id,
                                   std::string_view plaintext,
                                   std::vector<NewKey>& new_keys);

  // DATA_LOSS when the bytes are not what was sealed, or the key is gone.
  absl::StatusOr<std::string> Open(SealedPlace place, std::string_view id,
                                   std::string_view sealed);

  // These keys are stored now.
  void MarkStored(const std::vector<NewKey>& keys);

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
    NewKey description;
    AeadKey aead;
  };
  using KeyPtr = std::shared_ptr<const DataKey>;
  struct Generation {
    absl::flat_hash_map<KeyScope, KeyPtr> by_scope;
    absl::flat_hash_map<std::int64_t, KeyPtr> by_id;
  };

  absl::StatusOr<KeyPtr> KeyFor(const KeyScope& scope);
  absl::StatusOr<KeyPtr> KeyById(std::int64_t id);
  KeyPtr FindByScope(const KeyScope& scope)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  KeyPtr FindById(std::int64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remember(const KeyPtr& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<KeyPtr> Unwrap(NewKey stored) const;
  KeyPtr MakeKey(const KeyScope& scope) const;

  ReadPool& keys_;
  const AeadKey wrapping_;
  const HmacKey fingerprints_;
  const HmacKey content_;
  const HmacKey requests_;
  const HmacKey api_keys_;

  Mutex mutex_;
  Generation young_ ABSL_GUARDED_BY(mutex_);
  Generation old_ ABSL_GUARDED_BY(mutex_);
  // Made here and not known to be stored; never dropped.
  absl::flat_hash_map<KeyScope, KeyPtr> unstored_ ABSL_GUARDED_BY(mutex_);
};

// 32 bytes from 64 hex digits in a file; surrounding white space is ignored.
// FAILED_PRECONDITION with a sentence otherwise.
absl::StatusOr<Secret> ReadMasterKey(const std::string& path);

}  // namespace linktor
