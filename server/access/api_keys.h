// Keeps in memory every API key that is not deleted, and decides whether the
// key that a caller presents is in force. A key is in force when it exists and
// is neither disabled nor expired. ApiKeys is a view (see journal/feed.h): the
// App loads it once from the state, and from then on the feed tells it about
// every change of a key. Only the time of a key's last use does not come from
// the feed: ApiKeys itself notes this time.

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
// Load and OnCommit are the exception: to open (decrypt) an API key they may
// have to read a data key from the state (see seal/sealer.h).
class ApiKeys {
 public:
  // `clock` and `sealer` must outlive this object.
  ApiKeys(const Clock& clock, seal::Sealer& sealer)
      : clock_(clock), sealer_(sealer) {}

  // Takes the keys that are in the state. The App calls Load once, at start.
  // When the feed has already brought a newer version of a key, the newer
  // version stays. Load fails with a sentence at the first key that cannot be
  // opened; then the server must not start.
  absl::Status Load(const std::vector<state::ApiKeyRow>& rows);
  // Takes the changes that the feed brings. When a changed key cannot be
  // opened, OnCommit logs the failure and removes the key from memory, because
  // nobody can say what the key may still do. A later change of the key may
  // bring the key back.
  void OnCommit(std::span<const journal::AppliedRecord> records);

  // Returns the caller whose API key is `text`, and notes that the key is used
  // now. Fails with UNAUTHENTICATED and the reason API_KEY_INVALID,
  // API_KEY_EXPIRED or API_KEY_DISABLED. The duration of the call tells an
  // attacker nothing about the secrets of keys: `text` is hashed and compared
  // in the same way whether or not a key with the id in `text` exists.
  absl::StatusOr<Caller> Authenticate(std::string_view text);

  // Checks the caller again, with the current version of its key, because the
  // key may have changed since the call began. The key must be in force, have
  // `permission`, and cover `channels`. When `channels` is empty, the key must
  // still cover all channels that the version in `caller` covers. On success it
  // returns a caller with the current version. When the key is not in force, it
  // fails with the status of Authenticate. When the permission or a channel is
  // missing, it fails with PERMISSION_DENIED and NOT_AUTHORIZED. A caller
  // without a key is returned unchanged.
  absl::StatusOr<Caller> Recheck(const Caller& caller,
                                 v1::Permission permission,
                                 const StringSet& channels) const;
  // Notes that the caller's key is in use now. A stream calls this again and
  // again, because its caller presents the key only once, at the beginning.
  void NoteUse(const Caller& caller) const;
  // Returns OK when the caller's key is in force, whatever permissions and
  // channels the key has. Otherwise fails with the status of Authenticate. A
  // caller without a key always gets OK.
  absl::Status RecheckInForce(const Caller& caller) const;
  // Returns whether the key has an expiry time that has passed. The function
  // looks only at the version of the key in `caller`, not at later changes of
  // the key. It takes no lock, so a stream can call it often.
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

  // Returns the current version of the key with this id, whether the key is in
  // force or not. Returns null when there is no such key.
  KeyEntryPtr Find(std::string_view id) const;
  // Returns all keys, sorted by id.
  std::vector<KeyEntryPtr> List() const;
  // Returns whether a key is in force that has the permission MANAGE_ACCESS and
  // covers all channels. Without such a key no caller with a key could create a
  // key that covers all channels.
  bool HasManager() const;

  // Returns the keys whose last use should be stored now: the id of each key,
  // and the time of the use in ms since the epoch. A use should be stored when
  // it is at least nine minutes later than the stored use, or when no use of
  // the key is stored. The contract promises that the last use is exact to ten
  // minutes. The App calls TakeUses only from time to time, so the function
  // does not wait for the tenth minute.
  //
  // With `all`, the function returns every use that is not stored; the App sets
  // `all` when the server stops. The returned uses count as stored from now on,
  // even when the caller then fails to store them.
  std::vector<std::pair<std::string, std::int64_t>> TakeUses(bool all);

 private:
  // A Known is a key and the time of its last use that is stored or is just
  // being stored. A use after this time is only in entry->use.
  struct Known {
    KeyEntryPtr entry;
    std::int64_t stored_use_ms = 0;
  };

  // Puts the new version of a key into the maps, or removes the key when `key`
  // is empty, and then increases the generation. A row is ignored when its
  // revision is not newer than the known revision. The new entry shares the
  // KeyUse of the old entry. The callers, Load and OnCommit, must not hold the
  // mutex, because Put takes it. The feed never makes two calls of OnCommit at
  // the same time.
  void Put(const state::ApiKeyRow& row, std::optional<v1::ApiKey> key);
  // Returns OK when the key is neither disabled nor expired.
  absl::Status Judge(const KeyEntry& entry) const;

  const Clock& clock_;
  seal::Sealer& sealer_;
  std::atomic<std::uint64_t> generation_{0};
  // Guards the two maps. Entries never change and are returned as shared
  // pointers, so a thread holds the mutex only for a moment.
  mutable Mutex mutex_;
  StringMap<Known> by_id_ ABSL_GUARDED_BY(mutex_);
  // Maps the id of every key that Put has ever seen, deleted keys included, to
  // the key's last revision. Load may bring a row that is older than a change
  // which the feed has already brought. Because of this map, such an old row
  // cannot bring back a deleted key.
  StringMap<std::int64_t> revisions_ ABSL_GUARDED_BY(mutex_);
};

// Returns the error for a key that lacks `permission`: PERMISSION_DENIED with
// NOT_AUTHORIZED.
absl::Status LacksPermission(const Caller& caller, v1::Permission permission);
// Returns the error for a key that lacks something other than a permission:
// PERMISSION_DENIED with NOT_AUTHORIZED. `why` is the error's message and says
// what the key lacks.
absl::Status NotAuthorized(const Caller& caller, std::string_view why);

}  // namespace linktor::access
