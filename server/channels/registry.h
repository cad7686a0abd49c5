// The live channels with their opened credentials, in memory: webhooks and
// sends find them without touching the disk. It is a view: it is loaded once,
// and learns everything else from the feed. Thread-safe.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "linktor/instagram/v1/channel.pb.h"
#include "linktor/instagram/v1/ice_breaker.pb.h"
#include "server/base/crypto.h"
#include "server/base/mutex.h"
#include "server/base/secret.h"
#include "server/base/strings.h"
#include "server/base/v1.h"
#include "server/channels/sealed_channel.h"
#include "server/journal/feed.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor {

// An app secret ready to check signatures with.
struct SigningSecret {
  std::string fingerprint;
  HmacKey key;
  // No two secrets of a channel have the same tag, and none has 0.
  std::uint64_t tag = 0;
};

// The state of a channel's access token, as Meta's last answer showed it.
enum class TokenState : std::int8_t { kUnknown, kGood, kRefused };

// Holds what this process has learnt of a channel, for all of its revisions.
// Thread-safe.
struct ChannelNotes {
  // The tag of the secret that last signed a webhook; 0 before the first.
  std::atomic<std::uint64_t> last_secret{0};
  // The time of the last signed webhook, in ms since the epoch; 0 before the
  // first.
  std::atomic<std::int64_t> last_webhook_ms{0};
  // It is unknown again when another token is set.
  std::atomic<TokenState> token{TokenState::kUnknown};
};

// Describes one channel; it is immutable once made.
struct ChannelEntry {
  std::int64_t no = 0;
  std::int64_t revision = 0;
  v1::Channel channel;
  Secret access_token;
  Secret verify_token;
  // The newest is the last.
  std::vector<SigningSecret> secrets;
  // The credentials as stored, which a change of the channel starts from.
  // Nothing that can be printed keeps them in the clear.
  std::string sealed_credentials;
  // It is never null.
  std::shared_ptr<ChannelNotes> notes = std::make_shared<ChannelNotes>();
  // The account has these, of every locale, or lately had them; the newest is
  // the first.
  google::protobuf::RepeatedPtrField<v1::IceBreaker> ice_breakers;

  // Whether one of the secrets has that fingerprint.
  bool HasSecret(std::string_view fingerprint) const;
  // Notes that the secret with that fingerprint has signed a webhook.
  void NoteSecret(std::string_view fingerprint) const;
  // Returns the secret of the app that calls to Meta are made for: the one that
  // last signed a webhook, else the newest; null when there is none.
  const SigningSecret* ProvingSecret() const;
  // Whether a postback with this title and payload is a tap on an ice breaker.
  bool IsIceBreaker(std::string_view title, std::string_view payload) const;
};

class ChannelRegistry {
 public:
  using EntryPtr = std::shared_ptr<const ChannelEntry>;

  // `sealer` must outlive this.
  explicit ChannelRegistry(Sealer& sealer) : sealer_(sealer) {}

  // Takes the channels that the state has. Changes that the feed has told
  // meanwhile win. Fails with a sentence at the first that cannot be opened.
  absl::Status Load(const std::vector<ChannelRow>& rows);
  // Follows the feed. A channel that cannot be opened is logged and taken out,
  // because nobody can say whether what was known of it still holds; another
  // change may bring it back.
  void OnCommit(std::span<const AppliedRecord> records);

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

  std::shared_ptr<ChannelEntry> MakeEntry(const ChannelRow& row,
                                          const ChannelContent& content) const;
  // Takes the channel as it now is, or out where `entry` is null; a revision
  // that is not newer than the known one is ignored.
  void Put(const ChannelRow& row, std::shared_ptr<ChannelEntry> entry);

  Sealer& sealer_;
  mutable Mutex mutex_;
  std::shared_ptr<const Tables> tables_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const Tables>();
  // The last revision of every channel ever put, by number: rows may be loaded
  // that were read before a change which the feed has told, and a deleted
  // channel must not come back.
  std::unordered_map<std::int64_t, std::int64_t> revisions_
      ABSL_GUARDED_BY(mutex_);
};

// CHANNEL_NOT_FOUND.
absl::Status ChannelNotFound(std::string_view channel_id);

}  // namespace linktor
