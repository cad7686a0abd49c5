// Encrypts what people wrote, and credentials, before they leave the process or
// reach the disk.
//
// The master key never encrypts content: it wraps data keys, which belong to a
// conversation or a channel, so that erasing a person destroys keys. Nobody
// outside this class sees a key in the clear. Sealed bytes are: version 1 ‖
// data key id (8) ‖ nonce (12) ‖ ciphertext ‖ tag (16), AES-256-GCM-SIV, bound
// to the place and the id that they are stored under.
//
// The data folder has the one sealer of the process. Webhook threads, the
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

// Names the owner of a key: a conversation; with an empty user, a channel; with
// channel 0 and an empty user, the installation. It is stored with the key.
struct KeyScope {
  std::int64_t channel_no = 0;
  std::string user_id;

  template <typename H>
  friend H AbslHashValue(H h, const KeyScope& s) {
    return H::combine(std::move(h), s.channel_no, s.user_id);
  }
  bool operator==(const KeyScope&) const = default;
};

// Says where sealed bytes are stored. It is a part of what is authenticated, so
// that nobody can move sealed bytes from one column to another.
enum class SealedPlace : char {
  // Every sealed value depends on these: do not change.
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

// Looks stored data keys up; the state's reader is one. It is thread-safe, and
// may block on SQLite. The sealer holds no mutex when it calls.
class KeySource {
 public:
  virtual ~KeySource() = default;
  // Returns one of the scope's keys, wrapped; nothing when none is stored.
  // Fails when the state cannot be read.
  virtual absl::StatusOr<std::optional<journal::DataKey>> FindKey(
      const KeyScope& scope) = 0;
  // Returns the key of this id; nothing when it is not stored, or no more.
  virtual absl::StatusOr<std::optional<journal::DataKey>> FindKeyById(
      std::int64_t id) = 0;
};

// Returns whether the content was erased: zeros of the same length are in its
// place, and no sealed value begins with a zero.
inline bool IsErased(std::string_view sealed) {
  return !sealed.empty() && sealed.front() == '\0';
}

// Returns the id of the key under which the bytes were sealed; nothing when
// they were erased or are no sealed bytes.
std::optional<std::int64_t> KeyIdOf(std::string_view sealed);

// Holds keys that must be durable before what they have sealed. Whoever seals
// hands them to AppendSealed, which appends them first.
using NewKeys = std::vector<journal::DataKey>;

// Thread-safe. Sealing and opening block only where a key is not in memory and
// must be read from the state.
class Sealer {
 public:
  // The keys that were used last are kept in memory, at least this many and at
  // most twice as many. The limit bounds the memory.
  static constexpr std::size_t kCacheSize = 50'000;

  // `master_key` has 32 bytes and is not kept; keys derived from it are. `keys`
  // must outlive this.
  Sealer(const Secret& master_key, KeySource& keys);

  // Seals `plaintext` for `place` and `id`, and returns the sealed bytes. `id`
  // must be the one that the bytes are stored under, or they cannot be opened.
  //
  // Where the scope has no key that is stored or among `new_keys`, a new key is
  // made and added to `new_keys`; it must be durable before the bytes are of
  // use. Other callers do not use it until OnStored tells of it, because its
  // record may never be stored: until then each makes a key of its own, and a
  // scope may end with several. Fails only when the stored keys cannot be read;
  // `new_keys` is unchanged then.
  absl::StatusOr<std::string> Seal(const KeyScope& scope, SealedPlace place,
                                   std::string_view id,
                                   std::string_view plaintext,
                                   NewKeys& new_keys);

  // Returns the plaintext. Fails with DATA_LOSS when the bytes are not what was
  // sealed for this place and id, or when the key was destroyed; erased content
  // is DATA_LOSS too, so callers ask IsErased before. It fails as the KeySource
  // does when the key cannot be read.
  absl::StatusOr<std::string> Open(SealedPlace place, std::string_view id,
                                   std::string_view sealed);

  // Notes that these keys are stored, whoever made them; from now on Seal uses
  // them for their scopes. The feed calls it after each commit.
  void OnStored(std::span<const journal::DataKey> keys);

  // Forgets these keys, which are destroyed: what they have sealed cannot be
  // opened any more. The feed calls it after each commit.
  void OnDestroyed(std::span<const std::int64_t> ids);

  // MakeKeyCheck returns a value that only the right master key recognises, for
  // the state to keep; IsKeyCheck returns whether `value` was made with this
  // master key. A start with a wrong key is refused by it.
  std::string MakeKeyCheck() const;
  bool IsKeyCheck(std::string_view value) const;

  // These return keyed hashes of 16 bytes: equal inputs are recognised, and
  // contents are not revealed to a reader of the file. The hashes are stored:
  // do not change. Fingerprint is for app secrets, ContentMatch for what a send
  // and its echo have in common, RequestFingerprint for requests of one request
  // id.
  std::string Fingerprint(std::string_view secret) const;
  std::string ContentMatch(const KeyScope& scope, std::string_view text) const;
  std::string RequestFingerprint(std::string_view request) const;
  // Returns what is stored of an API key. Persisted: do not change.
  Digest ApiKeyHash(std::string_view key) const;

 private:
  // This is a key in the clear, ready for use; it is immutable and shared with
  // the calls that use it.
  struct DataKey {
    std::int64_t id = 0;
    KeyScope scope;
    AeadKey aead;
  };
  using KeyPtr = std::shared_ptr<const DataKey>;

  // Returns the key to seal with: the one in memory, else one of `new_keys`,
  // else a stored one, else a new one, in this order. The mutex is not held
  // while the state is read, so two threads may do this for one scope at a
  // time.
  absl::StatusOr<KeyPtr> KeyFor(const KeyScope& scope, NewKeys& new_keys);
  // These return the key of an id, from memory, from the state, or by
  // unwrapping `known`. They fail with DATA_LOSS when the state has it no more.
  absl::StatusOr<KeyPtr> KeyById(std::int64_t id);
  absl::StatusOr<KeyPtr> KeyById(const journal::DataKey& known);
  // Reads a stored key with `read`, which asks the state, and keeps it in
  // memory. Returns null when there is none. See the source.
  absl::StatusOr<KeyPtr> ReadStored(
      absl::FunctionRef<absl::StatusOr<std::optional<journal::DataKey>>()>
          read);
  // These look in memory only, and note that the key was used. They return null
  // when it is not there.
  KeyPtr FindByScope(const KeyScope& scope)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  KeyPtr FindById(std::int64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Keeps a stored key, and lets Seal use it for its scope.
  void Remember(const KeyPtr& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Opens a wrapped key. Fails with DATA_LOSS when it was wrapped by another
  // master key, or for another id or scope.
  absl::StatusOr<KeyPtr> Unwrap(const journal::DataKey& stored) const;
  // Makes a random key with a random id, adds it wrapped to `new_keys`, and
  // returns it. It is not remembered here.
  KeyPtr MakeKey(const KeyScope& scope, NewKeys& new_keys) const;

  KeySource& keys_;
  // These keys are derived from the master key, one for each purpose.
  const AeadKey wrapping_;
  const HmacKey fingerprints_;
  const HmacKey content_;
  const HmacKey requests_;
  const HmacKey api_keys_;

  // Guards the cache alone, and is never held during cryptography or a read of
  // the state.
  Mutex mutex_;
  // It names the key with which the next caller seals. Only a stored key is
  // here.
  RecentMap<KeyScope, std::int64_t> id_of_ ABSL_GUARDED_BY(mutex_){kCacheSize};
  // It counts how often keys were destroyed.
  std::uint64_t destroyed_ ABSL_GUARDED_BY(mutex_) = 0;
  // Keys that are not stored yet are here, too. A destroyed key goes from here
  // alone, so nobody finds it by its scope either.
  RecentMap<std::int64_t, KeyPtr> by_id_ ABSL_GUARDED_BY(mutex_){kCacheSize};
};

}  // namespace linktor::seal
