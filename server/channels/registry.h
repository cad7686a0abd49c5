// The live channels with their opened credentials, in memory: webhooks and
// sends find them without touching the database. Thread-safe.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/channel.pb.h"
#include "linktor/instagram/v1/ice_breaker.pb.h"
#include "server/base/crypto.h"
#include "server/base/mutex.h"
#include "server/base/secret.h"
#include "server/base/strings.h"
#include "server/base/v1.h"
#include "server/store/records.h"
#include "server/store/sealer.h"

namespace linktor {

// An app secret ready to check signatures with.
struct SigningSecret {
  std::string fingerprint;
  HmacKey key;
};

// One channel; immutable once made.
struct ChannelEntry {
  std::int64_t no = 0;
  std::int64_t revision = 0;
  v1::Channel channel;
  Secret access_token;
  Secret verify_token;
  std::vector<SigningSecret> secrets;
  // As stored, for changes.
  v1::ChannelCredentials credentials;
  // Those that the account has or lately had, newest first; every locale.
  google::protobuf::RepeatedPtrField<v1::IceBreaker> ice_breakers;

  // Whether one of the secrets has that fingerprint.
  bool HasSecret(std::string_view fingerprint) const;
  // Whether a postback with this title and payload is a tap on an ice breaker.
  bool IsIceBreaker(std::string_view title, std::string_view payload) const;
};

class ChannelRegistry {
 public:
  using EntryPtr = std::shared_ptr<const ChannelEntry>;

  explicit ChannelRegistry(Sealer& sealer) : sealer_(sealer) {}

  // Takes the channel as it now is; an older revision than known is ignored.
  absl::Status Put(const ChannelRow& row);

  // Null when there is none.
  EntryPtr Find(std::string_view channel_id) const;
  // The channel whose account or page has that id; null when there is none.
  EntryPtr FindOwner(std::string_view account_or_page_id) const;
  // By id.
  std::vector<EntryPtr> List() const;

 private:
  struct Tables {
    StringMap<EntryPtr> by_id;
    StringMap<EntryPtr> by_account;
  };

  Sealer& sealer_;
  mutable Mutex mutex_;
  std::shared_ptr<const Tables> tables_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const Tables>();
  // Of every channel ever put, by number: changes may be put in another order
  // than they were made, and a deleted channel must not come back.
  std::unordered_map<std::int64_t, std::int64_t> revisions_
      ABSL_GUARDED_BY(mutex_);
};

// CHANNEL_NOT_FOUND.
absl::Status ChannelNotFound(std::string_view channel_id);

}  // namespace linktor
