// Keeps in memory every API key that is not deleted, and says whether a
// caller's key is one of them and is in force. A key is in force while it is
// not deleted, disabled or expired. ApiKeys is a view (see journal/feed.h): the
// App loads it once from the state, and from then on the feed tells it about
// every change. Only the time of a key's last use does not come from the feed:
// ApiKeys itself notes it.

#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/access/caller.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/strings.h"
#include "server/journal/feed.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor::access {

// ApiKeys is thread-safe. Admission calls it on gRPC's threads, and each event
// stream calls it about four times a second, so its functions do not block.
// Load and OnCommit are the exception: to open (decrypt) a key they may have to
// read a data key from the state (see seal/sealer.h).
class ApiKeys {
 public:
  // `clock` and `sealer` must outlive this object.
  ApiKeys(const Clock& clock, seal::Sealer& sealer)
      : clock_(clock), sealer_(sealer) {}

  // Takes the keys that are in the state. The App calls it once, at start. When
  // the feed has already told a newer version of a key, the newer version wins.
  // Fails with a sentence at the first key that cannot be opened; then the
  // server must not start.
  absl::Status Load(const std::vector<state::ApiKeyRow>& rows);
  // Takes the changes that the feed tells. When a changed key cannot be opened,
  // OnCommit logs the failure and removes the key, because nobody can say what
  // the key may still do. A later change of the key may bring the key back.
  void OnCommit(std::span<const journal::AppliedRecord> records);

  // Returns the caller whose API key is `text`, and notes that the key is used
  // now. Fails with UNAUTHENTICATED and the reason API_KEY_INVALID,
  // API_KEY_EXPIRED or API_KEY_DISABLED. The duration of the call tells an
  // attacker nothing about the secrets of keys: `text` is hashed and compared
  // in the same way whether a key with its id exists or not.
  absl::StatusOr<Caller> Authenticate(std::string_view text);

  // Judges the caller again by its key as the key now is. Returns the caller
  // with this current key when the key is in force, has `permission`, and
  // covers `channels`. When `channels` is empty, the key must cover all
  // channels that it covered in `caller`. Otherwise it fails: with the status
  // of Authenticate when the key is not in force, else with PERMISSION_DENIED
  // and NOT_AUTHORIZED. A caller without a key is returned unchanged.
  absl::StatusOr<Caller> Recheck(const Caller& caller,
                                 v1::Permission permission,
                                 const StringSet& channels) const;
  // Notes that the caller's key is in use now. A stream calls this again and
  // again, because it presents its key only once.
  void NoteUse(const Caller& caller) const;
  // Returns OK while the caller's key is in force, whatever permissions and
  // channels the key has. Otherwise it fails with the status of Authenticate. A
  // caller without a key always gets OK.
  absl::Status RecheckInForce(const Caller& caller) const;
  // Returns whether the key has an expiry time that has passed. It looks only
  // at the entry that `caller` holds, not at later changes of the key. It takes
  // no lock, so a stream can ask often.
  bool Expired(const Caller& caller) const {
    return caller.key() != nullptr && caller.key()->key.has_expire_time() &&
           clock_.Now() >= caller.key()->expire_time;
  }
  // Returns a number that grows with every change of any key. Code that
  // remembers the number can compare it later. When the number is still the
  // same, no key has changed, and the code need not look at any key.
  std::uint64_t generation() const {
    return generation_.load(std::memory_order_acquire);
  }

  // Returns the key with this id as the key now is, whether it is in force or
  // not. Returns null when there is no such key.
  KeyEntryPtr Find(std::string_view id) const;
  // Returns all keys, sorted by id.
  std::vector<KeyEntryPtr> List() const;
  // Returns whether there is a key in force that may manage access (the
  // permission MANAGE_ACCESS) and covers all channels. Without such a key
  // nobody could create another key that covers all channels.
  bool HasManager() const;

  // Returns the keys whose last use should be stored now: the id of each key,
  // and the time of the use in ms since the epoch. A use is worth a record when
  // it is at least nine minutes later than the stored use, or when no use of
  // the key is stored. The contract promises a last use that is exact to ten
  // minutes, and the tenth minute leaves time until the App asks again.
  //
  // With `all`, the function returns every use that is not stored; the App asks
  // for this when the server ends. The uses that it returns count as stored
  // from now on, even when the caller then fails to store them.
  std::vector<std::pair<std::string, std::int64_t>> TakeUses(bool all);

 private:
  // A Known is a key together with its last use that is stored, or that is just
  // being stored. A later use is only in entry->use.
  struct Known {
    KeyEntryPtr entry;
    std::int64_t stored_use_ms = 0;
  };

  // Puts the new version of a key into the maps, or removes the key when `key`
  // is empty, and then increases the generation. A row is ignored when its
  // revision is not newer than the known revision. The new entry shares the
  // KeyUse of the entry before it. Load and OnCommit call Put without holding
  // the mutex; the feed never runs OnCommit twice at a time.
  void Put(const state::ApiKeyRow& row, std::optional<v1::ApiKey> key);
  // Returns OK when the key is neither disabled nor expired.
  absl::Status Judge(const KeyEntry& entry) const;

  const Clock& clock_;
  seal::Sealer& sealer_;
  std::atomic<std::uint64_t> generation_{0};
  // Guards the two maps. Entries never change and are handed out as shared
  // pointers, so a thread holds the mutex only for a look-up.
  mutable Mutex mutex_;
  StringMap<Known> by_id_ ABSL_GUARDED_BY(mutex_);
  // Maps the id of every key that Put has ever seen, deleted keys included, to
  // the key's last revision. Load may bring a row that was read before a change
  // which the feed has already told. With this map such an old row cannot bring
  // back a deleted key.
  StringMap<std::int64_t> revisions_ ABSL_GUARDED_BY(mutex_);
};

// Returns PERMISSION_DENIED with NOT_AUTHORIZED: the caller's key lacks
// `permission`.
absl::Status LacksPermission(const Caller& caller, v1::Permission permission);
// Returns PERMISSION_DENIED with NOT_AUTHORIZED for a key that lacks something
// other than a permission. `why` says in words what the key lacks.
absl::Status NotAuthorized(const Caller& caller, std::string_view why);

}  // namespace linktor::access
