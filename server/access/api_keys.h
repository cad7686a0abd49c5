// The live API keys in memory, and whether a caller's key is one of them.
// Thread-safe.

#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/access/caller.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/strings.h"
#include "server/store/records.h"
#include "server/store/sealer.h"

namespace linktor::access {

class ApiKeys {
 public:
  // Both must outlive this.
  ApiKeys(const Clock& clock, const Sealer& sealer)
      : clock_(clock), sealer_(sealer) {}

  // Takes the key as it now is; a revision older than known is ignored.
  void Put(const ApiKeyRow& row);

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

  absl::Status Judge(const KeyEntry& entry) const;

  const Clock& clock_;
  const Sealer& sealer_;
  std::atomic<std::uint64_t> generation_{0};
  mutable Mutex mutex_;
  StringMap<Known> by_id_ ABSL_GUARDED_BY(mutex_);
  // Every key ever put: a deleted one must not come back when changes are put
  // in another order than they were made.
  StringMap<std::int64_t> revisions_ ABSL_GUARDED_BY(mutex_);
};

// PERMISSION_DENIED with NOT_AUTHORIZED: the caller's key lacks `permission`.
absl::Status LacksPermission(const Caller& caller, v1::Permission permission);
// The same, with the reason in words where it is not a permission that lacks.
absl::Status NotAuthorized(const Caller& caller, std::string_view why);

}  // namespace linktor::access
