// The registry has the live channels with their opened credentials in memory:
// webhooks and sends find them without touching the disk. It is a view: it is
// loaded once, and learns everything else from the feed. It is thread-safe; a
// look-up holds a mutex for a moment and returns an entry that never changes.

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

namespace linktor::channels {

// A SigningSecret is an app secret that is ready to check signatures with.
struct SigningSecret {
  std::string fingerprint;
  // The key is prepared once, because each webhook uses it.
  HmacKey key;
  // It stands for the fingerprint where an atomic is needed. No two secrets of
  // a channel have the same tag, and none has 0.
  std::uint64_t tag = 0;
};

// This is the state of a channel's access token, as Meta's last answer showed
// it. kUnknown means that no answer has come since the token was set or the
// server started.
enum class TokenState : std::int8_t { kUnknown, kGood, kRefused };

// ChannelNotes hold what this process has learnt about a channel. All revisions
// of the channel share them, and nothing of them is stored. They are
// thread-safe.
struct ChannelNotes {
  // This is the tag of the secret that last signed a webhook; it is 0 before
  // the first.
  std::atomic<std::uint64_t> last_secret{0};
  // This is the time of the last signed webhook, in ms since the epoch; it is 0
  // before the first.
  std::atomic<std::int64_t> last_webhook_ms{0};
  // It is unknown again when another token is set.
  std::atomic<TokenState> token{TokenState::kUnknown};
};

// A ChannelEntry describes one channel at one revision. It is immutable once
// made, but for its notes, and lives as long as somebody uses it: a send that
// is under way keeps the credentials that it began with.
struct ChannelEntry {
  // This is the number under which the state knows the channel; it is never
  // used again.
  std::int64_t no = 0;
  // It grows with each change.
  std::int64_t revision = 0;
  v1::Channel channel;
  // Both are empty when they are not set.
  Secret access_token;
  Secret verify_token;
  // There are at most kMaxAppSecrets; the newest is the last.
  std::vector<SigningSecret> secrets;
  // These are the credentials as stored, from which a change of the channel
  // starts. Nothing that can be printed keeps them in the clear.
  std::string sealed_credentials;
  // It is shared with the entries of other revisions, and never null.
  std::shared_ptr<ChannelNotes> notes = std::make_shared<ChannelNotes>();
  // The account has these, of every locale, or lately had them; the newest is
  // the first.
  google::protobuf::RepeatedPtrField<v1::IceBreaker> ice_breakers;

  // Returns whether one of the secrets has that fingerprint.
  bool HasSecret(std::string_view fingerprint) const;
  // Notes that the secret with that fingerprint has signed a webhook.
  void NoteSecret(std::string_view fingerprint) const;
  // Returns the secret of the app that calls to Meta are made for: the one that
  // last signed a webhook, else the newest; null when there is none. The entry
  // owns it.
  const SigningSecret* ProvingSecret() const;
  // Returns whether a postback with this title and payload is a tap on an ice
  // breaker; Meta's webhook does not say so.
  bool IsIceBreaker(std::string_view title, std::string_view payload) const;
};

class ChannelRegistry {
 public:
  using EntryPtr = std::shared_ptr<const ChannelEntry>;

  // `sealer` must outlive this.
  explicit ChannelRegistry(seal::Sealer& sealer) : sealer_(sealer) {}

  // Takes the channels that the state has. Changes that the feed has told
  // meanwhile win. It fails with a sentence at the first that cannot be opened,
  // and then the server must not start: webhooks of that channel would be
  // refused.
  absl::Status Load(const std::vector<state::ChannelRow>& rows);
  // Follows the feed, on the applying thread. A channel that cannot be opened
  // is logged and taken out, because nobody can say whether what was known
  // about it still holds; another change may bring it back.
  void OnCommit(std::span<const journal::AppliedRecord> records);

  // Returns the channel; null when there is none, also for a deleted one.
  EntryPtr Find(std::string_view channel_id) const;
  // Returns the channel whose account or page has that id; null when there is
  // none. An account belongs to at most one live channel.
  EntryPtr FindOwner(std::string_view account_or_page_id) const;
  // Returns all channels, sorted by id.
  std::vector<EntryPtr> List() const;

 private:
  // Both tables hold the same entries.
  struct Tables {
    StringMap<EntryPtr> by_id;
    StringMap<EntryPtr> by_account;
  };

  // Returns an entry with notes of its own. It prepares the keys, which takes a
  // while, so it is called outside of the mutex.
  std::shared_ptr<ChannelEntry> MakeEntry(const state::ChannelRow& row,
                                          const ChannelContent& content) const;
  // Takes the channel as it now is, or out where `entry` is null. A revision
  // that is not newer than the known one is ignored. The entry gets the notes
  // of the one before.
  void Put(const state::ChannelRow& row, std::shared_ptr<ChannelEntry> entry);

  seal::Sealer& sealer_;
  // It guards both members below. The tables are replaced by a changed copy:
  // there are few channels, and they change rarely.
  mutable Mutex mutex_;
  std::shared_ptr<const Tables> tables_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const Tables>();
  // This is the last revision of every channel ever put, by number: rows may be
  // loaded that were read before a change which the feed has told, and a
  // deleted channel must not come back.
  std::unordered_map<std::int64_t, std::int64_t> revisions_
      ABSL_GUARDED_BY(mutex_);
};

// Returns NOT_FOUND with CHANNEL_NOT_FOUND, the one wording for it.
absl::Status ChannelNotFound(std::string_view channel_id);

}  // namespace linktor::channels
