// Encrypts ("seals") what people wrote, names and credentials before they reach
// the disk, and decrypts ("opens") them.
//
// The master key never encrypts content. It wraps (encrypts) data keys. A data
// key belongs to a conversation, a channel or the installation. So a person is
// erased by destroying the keys of that person's conversations. No code outside
// this class sees a key in the clear. Sealed bytes are: version 1 ‖ data key id
// (8) ‖ nonce (12) ‖ ciphertext ‖ tag (16). The cipher is AES-256-GCM-SIV.
// Sealed bytes are stored at a place and under an id. They can be opened only
// with the same place and id.
//
// The data folder has the only sealer of a running server. Webhook threads, the
// executor and the feed call it.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/crypto.h"
#include "server/base/mutex.h"
#include "server/base/recent_map.h"
#include "server/base/secret.h"
#include "server/journal/record.pb.h"

namespace linktor::seal {

// A KeyScope names the owner of a key, which is a conversation. When user_id is
// empty, the owner is a channel. When channel_no is 0 as well, the owner is the
// installation. The scope is stored with the key.
struct KeyScope {
  std::int64_t channel_no = 0;
  std::string user_id;

  template <typename H>
  friend H AbslHashValue(H h, const KeyScope& s) {
    return H::combine(std::move(h), s.channel_no, s.user_id);
  }
  bool operator==(const KeyScope&) const = default;
};

// A SealedPlace says in which column sealed bytes are stored. It is a part of
// the data that the cipher authenticates. So nobody can move sealed bytes from
// one column to another.
enum class SealedPlace : char {
  // Every stored sealed value depends on these letters: do not change them.
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

// A KeySource looks up stored data keys. The state's reader is one. It is
// thread-safe, and it may block on SQLite. The sealer holds no mutex while it
// calls a KeySource.
class KeySource {
 public:
  virtual ~KeySource() = default;
  // Returns one of the scope's keys, which is wrapped. Returns nothing when
  // none is stored. It fails when the state cannot be read.
  virtual absl::StatusOr<std::optional<journal::DataKey>> FindKey(
      const KeyScope& scope) = 0;
  // Returns the key of this id. Returns nothing when the key is not stored, or
  // was destroyed.
  virtual absl::StatusOr<std::optional<journal::DataKey>> FindKeyById(
      std::int64_t id) = 0;
};

// Returns whether the content was erased. Erased content was overwritten with
// zeros of the same length. No sealed value begins with a zero.
inline bool IsErased(std::string_view sealed) {
  return !sealed.empty() && sealed.front() == '\0';
}

// Returns the id of the key under which the bytes were sealed. Returns nothing
// when the bytes were erased, or are not sealed bytes.
std::optional<std::int64_t> KeyIdOf(std::string_view sealed);

// NewKeys has keys that must be durable before the bytes which they have
// sealed. The caller of Seal hands them to AppendSealed (journal/journal.h),
// which appends the keys first.
using NewKeys = std::vector<journal::DataKey>;

// A Sealer is thread-safe. Sealing and opening block only when a key is not in
// memory and must be read from the state.
class Sealer {
 public:
  // The sealer keeps the last used keys in memory: at least this many, and at
  // most twice as many. The limit bounds the memory.
  static constexpr std::size_t kCacheSize = 50'000;

  // `master_key` has 32 bytes. The sealer does not keep it, but it keeps keys
  // that are derived from it. `keys` must outlive this object.
  Sealer(const Secret& master_key, KeySource& keys);

  // Seals `plaintext` for `place` and `id`, and returns the sealed bytes. The
  // bytes must be stored under `id`, or they cannot be opened.
  //
  // When the scope has no stored key, and none among `new_keys`, Seal makes a
  // new key and adds it to `new_keys`. The new key must be durable before the
  // bytes are used. Other callers do not use it until OnStored tells of it,
  // because its record may never be stored. Until then each caller makes a key
  // of its own, so a scope may get several keys. Seal fails only when the
  // stored keys cannot be read. Then `new_keys` is unchanged.
  absl::StatusOr<std::string> Seal(const KeyScope& scope, SealedPlace place,
                                   std::string_view id,
                                   std::string_view plaintext,
                                   NewKeys& new_keys);

  // Returns the plaintext. It fails with DATA_LOSS when the bytes are not what
  // was sealed for this place and id, or when the key was destroyed. It fails
  // with DATA_LOSS for erased content, too, so callers ask IsErased before.
  // When the key cannot be read, it fails as the KeySource does.
  absl::StatusOr<std::string> Open(SealedPlace place, std::string_view id,
                                   std::string_view sealed);

  // Notes that these keys are stored. If this process has made a key, every
  // caller of Seal can get it from now on. A key of another process is read
  // when it is needed. The feed calls it after each commit that has stored
  // keys.
  void OnStored(std::span<const journal::DataKey> keys);

  // Forgets these keys, because they were destroyed. The content that they have
  // sealed cannot be opened any more. The feed calls it after each commit that
  // has destroyed keys.
  void OnDestroyed(std::span<const std::int64_t> ids);

  // MakeKeyCheck returns a value that the state keeps. IsKeyCheck returns
  // whether `value` was made with this master key. So a start with a wrong
  // master key can be refused.
  std::string MakeKeyCheck() const;
  bool IsKeyCheck(std::string_view value) const;

  // These return keyed hashes of 16 bytes. Equal inputs have equal hashes, but
  // the hashes do not reveal the contents to a reader of the file. The hashes
  // are stored: do not change them. Fingerprint is for app secrets.
  // ContentMatch is for the content that a send and its echo have in common.
  // RequestFingerprint tells whether two requests with one request id are the
  // same.
  std::string Fingerprint(std::string_view secret) const;
  std::string ContentMatch(const KeyScope& scope, std::string_view text) const;
  std::string RequestFingerprint(std::string_view request) const;
  // Returns the hash that is stored in place of an API key. It is persisted: do
  // not change it.
  Digest ApiKeyHash(std::string_view key) const;

 private:
  // This is a key in the clear, ready for use. It is immutable, and calls that
  // use it share it.
  struct DataKey {
    std::int64_t id = 0;
    KeyScope scope;
    AeadKey aead;
  };
  using KeyPtr = std::shared_ptr<const DataKey>;

  // Returns the key to seal with. It looks in memory, then among `new_keys`,
  // then into the state. If there is none, it makes a new key. The mutex is not
  // held while the state is read, so two threads may do this for one scope at a
  // time.
  absl::StatusOr<KeyPtr> KeyFor(const KeyScope& scope, NewKeys& new_keys);
  // These return the key of an id. Both look in memory first. If it is not
  // there, the first one reads the state, and the second one unwraps `known`.
  // The first one fails with DATA_LOSS when the state does not have the key any
  // more.
  absl::StatusOr<KeyPtr> KeyById(std::int64_t id);
  absl::StatusOr<KeyPtr> KeyById(const journal::DataKey& known);
  // Reads a stored key with `read`, which asks the state, and keeps the key in
  // memory. Returns null when there is no such key. The source says why it may
  // read several times.
  absl::StatusOr<KeyPtr> ReadStored(
      absl::FunctionRef<absl::StatusOr<std::optional<journal::DataKey>>()>
          read);
  // These look only in memory, and note that the key was used. They return null
  // when the key is not in memory.
  KeyPtr FindByScope(const KeyScope& scope)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  KeyPtr FindById(std::int64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Keeps a stored key in memory, and lets Seal use it for its scope.
  void Remember(const KeyPtr& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Decrypts a wrapped key. It fails with DATA_LOSS when the key was wrapped
  // with another master key, or for another id or scope.
  absl::StatusOr<KeyPtr> Unwrap(const journal::DataKey& stored) const;
  // Makes a random key with a random id, adds it wrapped to `new_keys`, and
  // returns it. This function does not put the key into memory.
  KeyPtr MakeKey(const KeyScope& scope, NewKeys& new_keys) const;

  KeySource& keys_;
  // These keys are derived from the master key, one for each purpose.
  const AeadKey wrapping_;
  const HmacKey fingerprints_;
  const HmacKey content_;
  const HmacKey requests_;
  const HmacKey api_keys_;

  // It guards only the cache. It is never held during cryptography, or while
  // the state is read.
  Mutex mutex_;
  // For each scope it has the id of the key with which the next caller seals.
  // It has only stored keys.
  RecentMap<KeyScope, std::int64_t> id_of_ ABSL_GUARDED_BY(mutex_){kCacheSize};
  // It counts the calls of OnDestroyed.
  std::uint64_t destroyed_ ABSL_GUARDED_BY(mutex_) = 0;
  // It has also keys that are not stored yet. A destroyed key is removed only
  // from this map. A search by scope does not find the key any more either,
  // because such a search needs this map, too.
  RecentMap<std::int64_t, KeyPtr> by_id_ ABSL_GUARDED_BY(mutex_){kCacheSize};
};

}  // namespace linktor::seal
