// Encrypts ("seals") what people wrote, names and credentials before they reach
// the disk, and decrypts ("opens") them when they are needed.
//
// The master key never encrypts content. It only wraps (encrypts) data keys,
// and the data keys encrypt content. A data key belongs to a conversation, to a
// channel or to the installation (KeyScope). So a person is erased by
// destroying the data keys of that person's conversations. No code outside this
// class sees an unwrapped data key.
//
// Sealed bytes are: version 1 ‖ data key id (8) ‖ nonce (12) ‖ ciphertext ‖ tag
// (16). The figures in brackets are sizes in bytes, and ‖ joins the parts. The
// cipher is AES-256-GCM-SIV. The caller of Seal names a place, which is the
// column in which the bytes will be stored, and an id, such as the id of an
// event. The bytes can be opened only with the same place and id.
//
// The DataFolder object has the only sealer of a running server. The threads
// that receive webhooks, the executor's threads and the feed call it.

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

// A KeyScope names the owner of a data key. Usually this is a conversation: a
// channel and its customer `user_id`. When user_id is empty, the owner is the
// channel. When channel_no is 0 as well, the owner is the installation. The
// scope is stored with the key.
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

// A KeySource looks up data keys in the database. state::StateReader is one. It
// is thread-safe, and it may block on SQLite. The sealer holds no mutex while
// it calls a KeySource.
class KeySource {
 public:
  virtual ~KeySource() = default;
  // Returns one of the keys that are stored for the scope; the key is wrapped.
  // Returns nullopt when no key is stored. It fails when the database cannot be
  // read.
  virtual absl::StatusOr<std::optional<journal::DataKey>> FindKey(
      const KeyScope& scope) = 0;
  // Returns the key of this id. Returns nullopt when the key is not stored, or
  // was destroyed.
  virtual absl::StatusOr<std::optional<journal::DataKey>> FindKeyById(
      std::int64_t id) = 0;
};

// Returns whether the content was erased. Erasing overwrites sealed bytes with
// as many zeros. Sealed bytes begin with their version, which is never zero.
inline bool IsErased(std::string_view sealed) {
  return !sealed.empty() && sealed.front() == '\0';
}

// Returns the id of the key under which the bytes were sealed. Returns nullopt
// when the bytes were erased, or are not sealed bytes.
std::optional<std::int64_t> KeyIdOf(std::string_view sealed);

// NewKeys are data keys that Seal has made. They must be durable before the
// bytes that they have sealed. The caller of Seal hands them to AppendSealed
// (journal/journal.h), which appends the keys first.
using NewKeys = std::vector<journal::DataKey>;

// A Sealer is thread-safe. Seal and Open block only when they must read a key
// from the database, because it is not in memory.
class Sealer {
 public:
  // The sealer keeps the last used data keys in memory: at least this many, and
  // at most twice as many. The limit bounds the memory.
  static constexpr std::size_t kCacheSize = 50'000;

  // `master_key` has 32 bytes. The sealer does not keep the master key itself,
  // but it keeps keys that are derived from it. `keys` must outlive this
  // object.
  Sealer(const Secret& master_key, KeySource& keys);

  // Seals `plaintext` for `place` and `id`, and returns the sealed bytes. Open
  // needs the same `place` and `id`.
  //
  // When the scope has no stored key, and `new_keys` has none for it, Seal
  // makes a new key and adds it to `new_keys`. The new key must be durable
  // before the bytes are stored. Other callers do not use the new key before
  // OnStored tells of it, because its record may never be stored. Until then
  // each caller makes a key of its own, so a scope may get several keys. Seal
  // fails only when the stored keys cannot be read. Then `new_keys` is
  // unchanged.
  absl::StatusOr<std::string> Seal(const KeyScope& scope, SealedPlace place,
                                   std::string_view id,
                                   std::string_view plaintext,
                                   NewKeys& new_keys);

  // Returns the plaintext. It fails with DATA_LOSS when the bytes were not
  // sealed for this place and id, when they are damaged, or when the key was
  // destroyed. It fails with DATA_LOSS for erased content, too, so callers ask
  // IsErased first. When the key cannot be read, it fails as the KeySource
  // does.
  absl::StatusOr<std::string> Open(SealedPlace place, std::string_view id,
                                   std::string_view sealed);

  // Notes that these keys are stored. If this process has made a key, every
  // caller of Seal can use the key from now on. A key of another process is
  // read from the database when it is needed. The feed calls this function
  // after each commit that has stored keys.
  void OnStored(std::span<const journal::DataKey> keys);

  // Forgets these keys, because they were destroyed. The content that they have
  // sealed cannot be opened any more. The feed calls this function after each
  // commit that has destroyed keys.
  void OnDestroyed(std::span<const std::int64_t> ids);

  // MakeKeyCheck returns a value that is stored in the database. IsKeyCheck
  // returns whether `value` was made with this master key. So a start with a
  // wrong master key can be refused.
  std::string MakeKeyCheck() const;
  bool IsKeyCheck(std::string_view value) const;

  // These return keyed hashes of 16 bytes. Equal inputs have equal hashes, but
  // somebody who reads the database file cannot guess the inputs from them. The
  // hashes are stored: do not change how they are made. Fingerprint is for app
  // secrets. ContentMatch is for the content that a send and its echo have in
  // common. RequestFingerprint tells whether two requests with the same request
  // id are equal.
  std::string Fingerprint(std::string_view secret) const;
  std::string ContentMatch(const KeyScope& scope, std::string_view text) const;
  std::string RequestFingerprint(std::string_view request) const;
  // Returns the hash that is stored in place of an API key. Do not change how
  // it is made.
  Digest ApiKeyHash(std::string_view key) const;

 private:
  // This is an unwrapped data key, ready for use. It never changes, and calls
  // on several threads may use it at the same time.
  struct DataKey {
    std::int64_t id = 0;
    KeyScope scope;
    AeadKey aead;
  };
  using KeyPtr = std::shared_ptr<const DataKey>;

  // Returns the key to seal with. It looks for a key of the scope in memory,
  // then among `new_keys`, then in the database. If there is none, it makes a
  // new key. It does not hold the mutex while it reads the database. So two
  // threads may read or make a key for the same scope at the same time.
  absl::StatusOr<KeyPtr> KeyFor(const KeyScope& scope, NewKeys& new_keys);
  // These return the key of an id. Both look in memory first. When the key is
  // not there, KeyById(id) reads the database, and KeyById(known) unwraps
  // `known`. KeyById(id) fails with DATA_LOSS when the database does not have
  // the key any more.
  absl::StatusOr<KeyPtr> KeyById(std::int64_t id);
  absl::StatusOr<KeyPtr> KeyById(const journal::DataKey& known);
  // Reads a stored key with `read`, which asks the KeySource, and keeps the key
  // in memory. Returns null when there is no such key. If any key was destroyed
  // meanwhile, it reads again, because a destroyed key must not stay in memory.
  absl::StatusOr<KeyPtr> ReadStored(
      absl::FunctionRef<absl::StatusOr<std::optional<journal::DataKey>>()>
          read);
  // These look only in memory, and mark the key as used. They return null when
  // the key is not in memory.
  KeyPtr FindByScope(const KeyScope& scope)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  KeyPtr FindById(std::int64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Keeps a stored key in memory, and lets Seal use it for its scope.
  void Remember(const KeyPtr& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Decrypts a wrapped data key. It fails with DATA_LOSS when the key was
  // wrapped with another master key, or for another id or scope.
  absl::StatusOr<KeyPtr> Unwrap(const journal::DataKey& stored) const;
  // Makes a random key with a random id, adds the wrapped key to `new_keys`,
  // and returns the key. It does not keep the key in memory.
  KeyPtr MakeKey(const KeyScope& scope, NewKeys& new_keys) const;

  KeySource& keys_;
  // These keys are derived from the master key, one for each purpose.
  const AeadKey wrapping_;
  const HmacKey fingerprints_;
  const HmacKey content_;
  const HmacKey requests_;
  const HmacKey api_keys_;

  // The mutex guards only the keys in memory. It is never held during
  // encryption or decryption, or while the database is read.
  Mutex mutex_;
  // For each scope this map has the id of the key with which the next caller of
  // Seal seals. It has only stored keys.
  RecentMap<KeyScope, std::int64_t> id_of_ ABSL_GUARDED_BY(mutex_){kCacheSize};
  // It counts the calls of OnDestroyed.
  std::uint64_t destroyed_ ABSL_GUARDED_BY(mutex_) = 0;
  // This map also has keys that are not stored yet. OnDestroyed removes a key
  // only from this map. That is enough: FindByScope looks for the key in this
  // map, too.
  RecentMap<std::int64_t, KeyPtr> by_id_ ABSL_GUARDED_BY(mutex_){kCacheSize};
};

}  // namespace linktor::seal
