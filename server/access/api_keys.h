// Holds the live API keys in memory, and says whether a caller's key is one of
// them. It is a view: it is loaded once, and learns everything else from the
// feed, but for the last uses, which it keeps itself.

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

// Thread-safe. Admission asks it on gRPC's threads and streams ask it twice a
// second, so no call blocks; only Load and OnCommit may read a data key from
// the state.
class ApiKeys {
 public:
  // Both must outlive this.
  ApiKeys(const Clock& clock, seal::Sealer& sealer)
      : clock_(clock), sealer_(sealer) {}

  // Takes the keys that the state has; the App calls it once, at start. Changes
  // that the feed has told meanwhile win. Fails with a sentence at the first
  // key that cannot be opened; the server does not start then.
  absl::Status Load(const std::vector<state::ApiKeyRow>& rows);
  // Follows the feed. A key that cannot be opened is logged and taken away,
  // because nobody can say what it may still do; another change may bring it
  // back.
  void OnCommit(std::span<const journal::AppliedRecord> records);

  // Returns the caller that presents `text`, and notes the use of its key.
  // Fails with UNAUTHENTICATED and API_KEY_INVALID, API_KEY_EXPIRED or
  // API_KEY_DISABLED. The time that it takes tells nothing about the secrets of
  // keys: the key is hashed and compared in the same way whether there is one
  // of that id or not.
  absl::StatusOr<Caller> Authenticate(std::string_view text);

  // Returns the caller with its key as it now is, when that is as good as when
  // it was authenticated, or better. Otherwise the status is that of
  // Authenticate, or PERMISSION_DENIED with NOT_AUTHORIZED. `permission` is
  // what the caller needs; it needs it on `channels`, or where that is empty on
  // all channels that the key had. A caller without a key comes back as it is.
  absl::StatusOr<Caller> Recheck(const Caller& caller,
                                 v1::Permission permission,
                                 const StringSet& channels) const;
  // Notes that the caller's key is in use now, for streams, which present it
  // only once.
  void NoteUse(const Caller& caller) const;
  // Returns OK while the caller's key is in force, whatever it may do;
  // otherwise the status of Authenticate.
  absl::Status RecheckInForce(const Caller& caller) const;
  // Returns whether the key expires, and has, as far as the caller's entry
  // says. It takes no lock, so a stream can ask often.
  bool Expired(const Caller& caller) const {
    return caller.key() != nullptr && caller.key()->key.has_expire_time() &&
           clock_.Now() >= caller.key()->expire_time;
  }
  // Grows with every change of any key, so that a caller that remembers it
  // knows without a look that no key has changed.
  std::uint64_t generation() const {
    return generation_.load(std::memory_order_acquire);
  }

  // Returns the key of this id as it now is, in force or not; null when there
  // is none.
  KeyEntryPtr Find(std::string_view id) const;
  // Returns all keys, sorted by id.
  std::vector<KeyEntryPtr> List() const;
  // Returns whether a key that is in force manages access over all channels.
  // Without one nobody could make another key.
  bool HasManager() const;

  // Returns the ids of keys used since they were last stored, and the times of
  // use in ms, when that is worth a record: their last use was not stored, or
  // more than nine minutes before. With `all`, it returns every use that is not
  // stored, for the end of the server. The uses that it returns count as stored
  // from now on.
  std::vector<std::pair<std::string, std::int64_t>> TakeUses(bool all);

 private:
  // This is a key with the last use that is stored, or on its way to be; later
  // uses are only in entry->use.
  struct Known {
    KeyEntryPtr entry;
    std::int64_t stored_use_ms = 0;
  };

  // Takes the key as it now is, or away where there is none, and counts up the
  // generation; a revision that is not newer than the known one is ignored. The
  // use goes on from the entry before. It is called without the mutex, once at
  // a time by the feed, and by Load.
  void Put(const state::ApiKeyRow& row, std::optional<v1::ApiKey> key);
  // Returns OK when the key is neither disabled nor expired.
  absl::Status Judge(const KeyEntry& entry) const;

  const Clock& clock_;
  seal::Sealer& sealer_;
  std::atomic<std::uint64_t> generation_{0};
  // Guards the maps. Entries are immutable and leave as shared pointers, so it
  // is held for a look-up only.
  mutable Mutex mutex_;
  StringMap<Known> by_id_ ABSL_GUARDED_BY(mutex_);
  // It holds the last revision of every key ever put: rows may be loaded that
  // were read before a change which the feed has told, and a deleted key must
  // not come back.
  StringMap<std::int64_t> revisions_ ABSL_GUARDED_BY(mutex_);
};

// Returns PERMISSION_DENIED with NOT_AUTHORIZED: the caller's key lacks
// `permission`.
absl::Status LacksPermission(const Caller& caller, v1::Permission permission);
// Returns the same, with the reason in words, where the key lacks something
// else than a permission.
absl::Status NotAuthorized(const Caller& caller, std::string_view why);

}  // namespace linktor::access
