// Creates, changes and deletes API keys for a caller. When a call returns,
// ApiKeys already knows the result, because the feed (see journal/feed.h) tells
// ApiKeys before the journal answers. Create, Update and Delete block until the
// journal has stored their records, so they must be called on an executor.
// KeyAdmin is thread-safe.
//
// A caller "grants" permissions and channels when it creates a key, or when it
// changes a key. A caller whose own key is limited to some channels may grant
// only its own permissions on its own channels. Such a caller sees only the
// keys whose permissions and channels it may grant. For any other key it gets
// API_KEY_NOT_FOUND, as if the key did not exist. A caller whose key covers all
// channels may grant everything. On a server without keys every caller may
// grant everything.

#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/access_service.pb.h"
#include "server/access/api_keys.h"
#include "server/access/caller.h"
#include "server/base/clock.h"
#include "server/journal/journal.h"
#include "server/seal/sealer.h"

namespace linktor::access {

// AccessService (rpc/access_service.h) calls this class; the App calls only
// StoreUses. Each request has already been validated (rpc/validation.h), and
// admission has already checked that the caller may manage access. When the
// journal cannot store a record, the call fails with the journal's error.
class KeyAdmin {
 public:
  // All four arguments must outlive this object.
  KeyAdmin(const Clock& clock, journal::Journal& journal, seal::Sealer& sealer,
           ApiKeys& keys)
      : clock_(clock), journal_(journal), sealer_(sealer), keys_(keys) {}

  // Makes a key and returns it with its secret. The server does not keep the
  // secret, so nobody can get it again. When the caller repeats the call with
  // the same request id, Create returns the same key, but without the secret.
  //
  // Fails with PERMISSION_DENIED and NOT_AUTHORIZED when the caller may not
  // grant the permissions or the channels of the key. Fails with
  // INVALID_ARGUMENT when the expiry time has passed. Fails with
  // INVALID_ARGUMENT and REQUEST_ID_REUSED when the request id was used for
  // another key. Fails with RESOURCE_EXHAUSTED and LIMIT_REACHED when there are
  // kMaxApiKeys keys already. Fails with NOT_FOUND and API_KEY_NOT_FOUND when
  // the call repeats a request id, but somebody has changed the key meanwhile
  // so that the caller may not see it any more.
  absl::StatusOr<v1::CreateApiKeyResponse> Create(
      const Caller& caller, const v1::CreateApiKeyRequest& request);
  // Get and List read ApiKeys in memory and do not block. Get fails with
  // NOT_FOUND when there is no such key, or when the caller may not see the
  // key. List returns one page of the keys that the caller may see, sorted by
  // id.
  absl::StatusOr<v1::ApiKey> Get(const Caller& caller,
                                 const std::string& id) const;
  v1::ListApiKeysResponse List(const Caller& caller,
                               const v1::ListApiKeysRequest& request) const;
  // Changes the fields that the request's mask names, and returns the changed
  // key. Fails with NOT_FOUND as Get does. Fails with PERMISSION_DENIED when
  // the caller may not grant the permissions or the channels of the changed
  // key. Fails with INVALID_ARGUMENT when a new expire_time has already passed.
  // Fails with RESOURCE_EXHAUSTED and OVERLOADED when other callers change the
  // same key at the same time, so that too many tries fail in a row.
  absl::StatusOr<v1::ApiKey> Update(const Caller& caller,
                                    const v1::UpdateApiKeyRequest& request);
  // Deletes the key. Calls with this key fail from now on, and its streams end
  // within a second. Fails with NOT_FOUND as Get does, and with
  // RESOURCE_EXHAUSTED as Update does.
  absl::Status Delete(const Caller& caller, const std::string& id);

  // Appends a record with the times at which keys were last used;
  // ApiKeys::TakeUses gives the times and explains `all`. StoreUses does not
  // wait until the record is stored. A failure is only logged, because it only
  // makes the stored times older than the real ones.
  void StoreUses(bool all);

 private:
  // Returns the key when it exists and the caller may see it; otherwise fails
  // with NOT_FOUND.
  absl::StatusOr<KeyEntryPtr> Manageable(const Caller& caller,
                                         const std::string& id) const;
  // Returns OK when the key has no expiry time or when this time has not
  // passed; otherwise fails with INVALID_ARGUMENT.
  absl::Status CheckExpiry(const v1::ApiKey& key) const;
  // A Draft is a change of an API key that is ready to be appended to the
  // journal. `new_keys` are data keys that must be stored before the change
  // (see Sealer::Seal).
  struct Draft {
    journal::Record record;
    seal::NewKeys new_keys;
    // This is the API key after the change. It is empty when the change deletes
    // the API key.
    v1::ApiKey key;
  };
  using Make = absl::FunctionRef<absl::StatusOr<Draft>(const KeyEntry&)>;
  // Calls `make` with the current version of the key, and appends the draft
  // that `make` returns. The record names the revision that `make` has seen.
  // When another change was applied first, this record is refused and changes
  // nothing, and Change tries again with the newer version. So neither change
  // is lost. Returns the changed key with its last use. `make` is called once
  // in each try; when `make` fails, Change fails with the same error.
  absl::StatusOr<v1::ApiKey> Change(const Caller& caller, const std::string& id,
                                    Make make);
  // Returns the draft that makes the changes of `request` to the key in
  // `entry`. It fails with the errors of Update.
  absl::StatusOr<Draft> MakeUpdate(const Caller& caller,
                                   const v1::UpdateApiKeyRequest& request,
                                   const KeyEntry& entry);

  const Clock& clock_;
  journal::Journal& journal_;
  seal::Sealer& sealer_;
  ApiKeys& keys_;
};

}  // namespace linktor::access
