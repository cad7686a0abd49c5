// The live API keys in memory, and whether a caller's key is one of them. It is
// a view: it is loaded once, and learns everything else from the feed, but for
// the last uses, which it keeps itself. Thread-safe.

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

class ApiKeys {
 public:
  // Both must outlive this.
  ApiKeys(const Clock& clock, Sealer& sealer)
      : clock_(clock), sealer_(sealer) {}

  // Takes the keys that the state has. Changes that the feed has told meanwhile
  // win. Fails with a sentence at the first that cannot be opened.
  absl::Status Load(const std::vector<ApiKeyRow>& rows);
  // Follows the feed. A key that cannot be opened is logged and taken away,
  // because nobody can say what it may still do; another change may bring it
  // back.
  void OnCommit(std::span<const AppliedRecord> records);

  // The caller that presents `text`. UNAUTHENTICATED with API_KEY_INVALID,
  // API_KEY_EXPIRED or API_KEY_DISABLED. How long it takes tells nothing about
  // the secrets of keys: the key is hashed and compared in the same way whether
  // there is one of that id or not.
  absl::StatusOr<Caller> Authenticate(std::string_view text);

  // Returns the caller with its key as it now is, when that is as good as when
  // it was authenticated, or better; else what is wrong with it. `permission`
  // is what the caller needs; of channels it needs `channels`, or where that is
  // empty all that the key had.
  absl::StatusOr<Caller> Recheck(const Caller& caller,
                                 v1::Permission permission,
                                 const StringSet& channels) const;
  // Notes that the caller's key is in use now, for streams, which present it
  // only once.
  void NoteUse(const Caller& caller) const;
  // OK while the caller's key is in force, whatever it may do.
  absl::Status RecheckInForce(const Caller& caller) const;
  // Whether the key expires, and has, as far as the caller's entry says.
  bool Expired(const Caller& caller) const {
    return caller.key() != nullptr && caller.key()->key.has_expire_time() &&
           clock_.Now() >= caller.key()->expire_time;
  }
  // Grows with every change of any key, so that who remembers it knows without
  // a look that no key has changed.
  std::uint64_t generation() const {
    return generation_.load(std::memory_order_acquire);
  }

  // Null when there is none.
  KeyEntryPtr Find(std::string_view id) const;
  // Returns all keys, sorted by id.
  std::vector<KeyEntryPtr> List() const;
  // Whether a key that is in force manages access over all channels.
  bool HasManager() const;

  // Keys used since they were last stored, when that is worth a record: their
  // last use was not stored, or more than ten minutes before. With `all`, every
  // use that is not stored, for the end of the server.
  std::vector<std::pair<std::string, std::int64_t>> TakeUses(bool all);

 private:
  struct Known {
    KeyEntryPtr entry;
    std::int64_t stored_use_ms = 0;
  };

  // Takes the key as it now is, or away where there is none; a revision that is
  // not newer than the known one is ignored.
  void Put(const ApiKeyRow& row, std::optional<v1::ApiKey> key);
  absl::Status Judge(const KeyEntry& entry) const;

  const Clock& clock_;
  Sealer& sealer_;
  std::atomic<std::uint64_t> generation_{0};
  mutable Mutex mutex_;
  StringMap<Known> by_id_ ABSL_GUARDED_BY(mutex_);
  // The last revision of every key ever put: rows may be loaded that were read
  // before a change which the feed has told, and a deleted key must not come
  // back.
  StringMap<std::int64_t> revisions_ ABSL_GUARDED_BY(mutex_);
};

// PERMISSION_DENIED with NOT_AUTHORIZED: the caller's key lacks `permission`.
absl::Status LacksPermission(const Caller& caller, v1::Permission permission);
// The same, with the reason in words where it is not a permission that lacks.
absl::Status NotAuthorized(const Caller& caller, std::string_view why);

}  // namespace linktor::access
