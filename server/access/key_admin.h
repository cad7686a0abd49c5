// Creates, changes and deletes API keys for a caller. When a call returns, the
// view of them, which follows the same journal's feed, knows what came of it.
// Create, Update and Delete block on the journal: they are called on an
// executor. Thread-safe.
//
// A caller whose key is limited to channels sees only keys that it could have
// granted itself; the others do not exist for it (API_KEY_NOT_FOUND). It may
// grant its own permissions on its own channels. A key over all channels, and a
// server without keys, may grant everything.

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

// AccessService calls it; the App calls StoreUses. Requests have been validated
// (rpc/validation.h), and admission has asked whether the caller may manage
// access at all. A journal that cannot store answers with its own errors.
class KeyAdmin {
 public:
  // All must outlive this.
  KeyAdmin(const Clock& clock, journal::Journal& journal, seal::Sealer& sealer,
           ApiKeys& keys)
      : clock_(clock), journal_(journal), sealer_(sealer), keys_(keys) {}

  // Makes a key and returns it with its secret, which cannot be had again: the
  // same request id returns the key without it. Fails with PERMISSION_DENIED
  // with NOT_AUTHORIZED when the caller may not grant it; INVALID_ARGUMENT when
  // it would have expired, or with REQUEST_ID_REUSED when the id was used for
  // another key; RESOURCE_EXHAUSTED with LIMIT_REACHED at kMaxApiKeys;
  // NOT_FOUND when the key of that request id has been given more than its
  // creator may see.
  absl::StatusOr<v1::CreateApiKeyResponse> Create(
      const Caller& caller, const v1::CreateApiKeyRequest& request);
  // These read the view and do not block. Get returns the key, or NOT_FOUND;
  // List returns a page of the keys that the caller may manage, by id.
  absl::StatusOr<v1::ApiKey> Get(const Caller& caller,
                                 const std::string& id) const;
  v1::ListApiKeysResponse List(const Caller& caller,
                               const v1::ListApiKeysRequest& request) const;
  // Changes the fields in the request's mask, and returns the key as it then
  // is. Fails with NOT_FOUND as Get; PERMISSION_DENIED when the caller may not
  // grant what the key would be; INVALID_ARGUMENT when a new expire_time has
  // passed; RESOURCE_EXHAUSTED with OVERLOADED when others change the key all
  // the time.
  absl::StatusOr<v1::ApiKey> Update(const Caller& caller,
                                    const v1::UpdateApiKeyRequest& request);
  // Deletes the key; its calls fail from now on, and its streams end within a
  // second. Fails with NOT_FOUND as Get.
  absl::Status Delete(const Caller& caller, const std::string& id);

  // Appends when keys were last used; see ApiKeys::TakeUses. Does not wait for
  // it; a failure is logged, and the times are then less exact.
  void StoreUses(bool all);

 private:
  // Returns the key, when there is one that the caller may manage; NOT_FOUND
  // otherwise.
  absl::StatusOr<KeyEntryPtr> Manageable(const Caller& caller,
                                         const std::string& id) const;
  // Returns OK unless the key would have expired already.
  absl::Status CheckExpiry(const v1::ApiKey& key) const;
  // This is a change that is to be appended, with the keys that are before it.
  struct Draft {
    journal::Record record;
    seal::NewKeys new_keys;
    // The key will be like this; it is empty when it is to be deleted.
    v1::ApiKey key;
  };
  using Make = absl::FunctionRef<absl::StatusOr<Draft>(const KeyEntry&)>;
  // Appends what `make` makes of the key as it is now, again when another
  // change came first. Apply compares the revision, so nothing of the other
  // change is lost. Returns the key with its last use. `make` is called once a
  // try; its failure ends this.
  absl::StatusOr<v1::ApiKey> Change(const Caller& caller, const std::string& id,
                                    Make make);
  // Returns the record of an update of the key as `entry` has it.
  absl::StatusOr<Draft> MakeUpdate(const Caller& caller,
                                   const v1::UpdateApiKeyRequest& request,
                                   const KeyEntry& entry);

  const Clock& clock_;
  journal::Journal& journal_;
  seal::Sealer& sealer_;
  ApiKeys& keys_;
};

}  // namespace linktor::access
