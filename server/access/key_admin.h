// Creates, changes and deletes API keys for a caller. When a call returns,
// ApiKeys already knows the result, because ApiKeys follows the feed of the
// same journal (see journal/feed.h). Create, Update and Delete block on the
// journal, so they must be called on an executor. KeyAdmin is thread-safe.
//
// A caller "grants" a key when it creates the key, or changes the key to a new
// form. A caller whose own key is limited to channels may grant only its own
// permissions on its own channels. Such a caller sees only the keys that it
// could have granted itself. All other keys do not exist for it
// (API_KEY_NOT_FOUND). A caller whose key covers all channels may grant
// everything; on a server without keys every caller may grant everything.

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

// AccessService calls this class; the App calls only StoreUses. Each request
// has already been validated (rpc/validation.h), and admission has already
// checked that the caller may manage access. When the journal cannot store a
// record, the call fails with the journal's error.
class KeyAdmin {
 public:
  // All four arguments must outlive this object.
  KeyAdmin(const Clock& clock, journal::Journal& journal, seal::Sealer& sealer,
           ApiKeys& keys)
      : clock_(clock), journal_(journal), sealer_(sealer), keys_(keys) {}

  // Makes a key and returns it with its secret. Nobody can get the secret
  // again: a second call with the same request id returns the key without its
  // secret.
  //
  // Fails with PERMISSION_DENIED and NOT_AUTHORIZED when the caller may not
  // grant this key. Fails with INVALID_ARGUMENT when the expiry time has
  // passed. Fails with INVALID_ARGUMENT and REQUEST_ID_REUSED when the request
  // id was used for another key. Fails with RESOURCE_EXHAUSTED and
  // LIMIT_REACHED when there are kMaxApiKeys keys already. Fails with NOT_FOUND
  // when the key of this request id has since got more rights than its creator
  // may see.
  absl::StatusOr<v1::CreateApiKeyResponse> Create(
      const Caller& caller, const v1::CreateApiKeyRequest& request);
  // Get and List read ApiKeys in memory and do not block. Get returns the key,
  // or NOT_FOUND when the caller may not see the key or there is none. List
  // returns one page of the keys that the caller may manage, sorted by id.
  absl::StatusOr<v1::ApiKey> Get(const Caller& caller,
                                 const std::string& id) const;
  v1::ListApiKeysResponse List(const Caller& caller,
                               const v1::ListApiKeysRequest& request) const;
  // Changes the fields that the request's mask names, and returns the changed
  // key. Fails with NOT_FOUND as Get does. Fails with PERMISSION_DENIED when
  // the caller may not grant the changed key. Fails with INVALID_ARGUMENT when
  // a new expire_time has already passed. Fails with RESOURCE_EXHAUSTED and
  // OVERLOADED when other changes of this key come first too many times in a
  // row.
  absl::StatusOr<v1::ApiKey> Update(const Caller& caller,
                                    const v1::UpdateApiKeyRequest& request);
  // Deletes the key. Calls with this key fail from now on, and its streams end
  // within a second. Fails with NOT_FOUND as Get does, and with
  // RESOURCE_EXHAUSTED as Update does.
  absl::Status Delete(const Caller& caller, const std::string& id);

  // Appends a record with the times at which keys were last used;
  // ApiKeys::TakeUses gives the times and explains `all`. It does not wait for
  // the journal. A failure is only logged; the stored times are then less
  // exact.
  void StoreUses(bool all);

 private:
  // Returns the key when it exists and the caller may manage it; otherwise
  // fails with NOT_FOUND.
  absl::StatusOr<KeyEntryPtr> Manageable(const Caller& caller,
                                         const std::string& id) const;
  // Returns OK when the key has no expiry time or when this time has not
  // passed; otherwise fails with INVALID_ARGUMENT.
  absl::Status CheckExpiry(const v1::ApiKey& key) const;
  // A Draft is a change that is ready to be appended. `new_keys` are data keys
  // that must be stored before the change (see Sealer::Seal).
  struct Draft {
    journal::Record record;
    seal::NewKeys new_keys;
    // This is the key after the change; it is empty when the change deletes the
    // key.
    v1::ApiKey key;
  };
  using Make = absl::FunctionRef<absl::StatusOr<Draft>(const KeyEntry&)>;
  // Calls `make` with the key as it now is, and appends the draft that `make`
  // returns. When another change of the key was applied first, Change tries
  // again with the changed key. The journal's Apply compares revisions, so
  // nothing of the other change is lost. Returns the key with its last use.
  // `make` is called once in each try; when `make` fails, Change fails with the
  // same error.
  absl::StatusOr<v1::ApiKey> Change(const Caller& caller, const std::string& id,
                                    Make make);
  // Returns the draft that updates the key in `entry`. It fails with the errors
  // of Update.
  absl::StatusOr<Draft> MakeUpdate(const Caller& caller,
                                   const v1::UpdateApiKeyRequest& request,
                                   const KeyEntry& entry);

  const Clock& clock_;
  journal::Journal& journal_;
  seal::Sealer& sealer_;
  ApiKeys& keys_;
};

}  // namespace linktor::access
