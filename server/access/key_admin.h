// Creates, changes and deletes API keys for a caller. When a call returns, the
// view of them, which follows the same journal's feed, knows what came of it.
// Blocks on the journal: call on an executor. Thread-safe.
//
// A caller whose key is limited to channels sees only keys that it could have
// granted itself; the others do not exist for it (API_KEY_NOT_FOUND). What it
// may grant: its own permissions on its own channels. A key over all channels,
// and a server without keys, may grant everything.

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

class KeyAdmin {
 public:
  // All must outlive this.
  KeyAdmin(const Clock& clock, Journal& journal, Sealer& sealer, ApiKeys& keys)
      : clock_(clock), journal_(journal), sealer_(sealer), keys_(keys) {}

  // Requests have been validated; see rpc/validation.h.
  absl::StatusOr<v1::CreateApiKeyResponse> Create(
      const Caller& caller, const v1::CreateApiKeyRequest& request);
  absl::StatusOr<v1::ApiKey> Get(const Caller& caller,
                                 const std::string& id) const;
  v1::ListApiKeysResponse List(const Caller& caller,
                               const v1::ListApiKeysRequest& request) const;
  absl::StatusOr<v1::ApiKey> Update(const Caller& caller,
                                    const v1::UpdateApiKeyRequest& request);
  absl::Status Delete(const Caller& caller, const std::string& id);

  // Stores when keys were last used; see ApiKeys::TakeUses.
  void StoreUses(bool all);

 private:
  // The key, when there is one that the caller may manage.
  absl::StatusOr<KeyEntryPtr> Manageable(const Caller& caller,
                                         const std::string& id) const;
  absl::Status CheckExpiry(const v1::ApiKey& key) const;
  // A change that is to be appended, and the keys that are before it.
  struct Draft {
    journal::Record record;
    NewKeys new_keys;
    // The key as it will be; empty when it is to be deleted.
    v1::ApiKey key;
  };
  using Make = absl::FunctionRef<absl::StatusOr<Draft>(const KeyEntry&)>;
  // Appends what `make` makes of the key as it is now, again when another
  // change came first. Returns the key with its last use.
  absl::StatusOr<v1::ApiKey> Change(const Caller& caller, const std::string& id,
                                    Make make);
  absl::StatusOr<Draft> MakeUpdate(const Caller& caller,
                                   const v1::UpdateApiKeyRequest& request,
                                   const KeyEntry& entry);

  const Clock& clock_;
  Journal& journal_;
  Sealer& sealer_;
  ApiKeys& keys_;
};

}  // namespace linktor::access
