// The registry has the live (not deleted) channels in memory, with their
// credentials opened (decrypted). So webhooks and sends find them without
// reading the disk. The registry is a view (see journal/feed.h): it is loaded
// once, and learns all later changes from the feed. It is thread-safe. A
// look-up holds a mutex for a moment and returns an entry. An entry never
// changes, except for its notes.

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

// A SigningSecret is an app secret that is prepared for the check of
// signatures. Its fingerprint is a hash that names the secret and does not
// reveal it (see Sealer::Fingerprint).
struct SigningSecret {
  std::string fingerprint;
  // The HMAC key is prepared once and not for each webhook, to save time.
  HmacKey key;
  // ChannelNotes keep this number and not the fingerprint, because a string
  // cannot be an atomic value. No two secrets of a channel have the same tag,
  // and no secret has the tag 0.
  std::uint64_t tag = 0;
};

// A TokenState is the state of a channel's access token, as Meta's answers have
// shown it; app/token_watch.h sets it. kUnknown means that no answer has shown
// the state since the token was set or the server started.
enum class TokenState : std::int8_t { kUnknown, kGood, kRefused };

// ChannelNotes hold what this process has learnt about a channel. All revisions
// of the channel share the same notes. The notes are not stored, so a restart
// loses them. The next webhooks and the next calls to Meta fill them again.
// They are thread-safe.
struct ChannelNotes {
  // This is the tag of the secret that last signed a webhook; it is 0 before
  // the first webhook since the server's start.
  std::atomic<std::uint64_t> last_secret{0};
  // This is the time of the last signed webhook, in ms since the epoch; it is 0
  // before the first webhook since the server's start.
  std::atomic<std::int64_t> last_webhook_ms{0};
  // It becomes kUnknown again when the channel gets another access token.
  std::atomic<TokenState> token{TokenState::kUnknown};
};

// A ChannelEntry describes one channel at one revision. After it is made, only
// its notes change. It lives as long as somebody holds a pointer to it, so a
// send that is under way keeps the credentials that it began with.
struct ChannelEntry {
  // The state's tables know the channel by this number. Unlike the channel's
  // id, the number is never used again for another channel.
  std::int64_t no = 0;
  // The revision grows with each change of the channel.
  std::int64_t revision = 0;
  v1::Channel channel;
  // A token is empty when the channel does not have it.
  Secret access_token;
  Secret verify_token;
  // There are at most kMaxAppSecrets secrets; the newest one is the last.
  std::vector<SigningSecret> secrets;
  // These are the credentials as they are stored: sealed (encrypted).
  // ChannelAdmin opens them when it changes the channel. The entry has the
  // credentials in the clear only in the types Secret and HmacKey above, which
  // cannot be printed by mistake.
  std::string sealed_credentials;
  // The entries of the channel's other revisions share these notes. The pointer
  // is never null.
  std::shared_ptr<ChannelNotes> notes = std::make_shared<ChannelNotes>();
  // These are the ice breakers that the account has, or had lately, in all
  // languages; the newest is the first.
  google::protobuf::RepeatedPtrField<v1::IceBreaker> ice_breakers;

  // Returns whether one of the secrets has that fingerprint.
  bool HasSecret(std::string_view fingerprint) const;
  // Notes that the secret with that fingerprint has signed a webhook.
  void NoteSecret(std::string_view fingerprint) const;
  // Returns the app secret for the proof in calls to Meta (see
  // graph_account.h): the secret that last signed a webhook, or else the newest
  // secret. Returns null when there is no secret. The entry owns the result.
  const SigningSecret* ProvingSecret() const;
  // Returns whether a postback with this title and payload is a tap on an ice
  // breaker. The webhook of the postback does not say whether it is one.
  bool IsIceBreaker(std::string_view title, std::string_view payload) const;
};

class ChannelRegistry {
 public:
  using EntryPtr = std::shared_ptr<const ChannelEntry>;

  // `sealer` must outlive this object.
  explicit ChannelRegistry(seal::Sealer& sealer) : sealer_(sealer) {}

  // Adds the channels that were read from the state. If the feed has already
  // told of a newer revision of a channel, the newer revision stays. It fails
  // at the first channel that cannot be opened; the error's message is a
  // sentence for the operator. Then the server must not start, because it would
  // refuse the webhooks of that channel.
  absl::Status Load(const std::vector<state::ChannelRow>& rows);
  // Follows the feed, on the applying thread. When a changed channel cannot be
  // opened, the registry logs the fault and removes the channel, because the
  // old entry may be wrong now. A later change may bring the channel back.
  void OnCommit(std::span<const journal::AppliedRecord> records);

  // Returns the channel; null when no live channel has this id.
  EntryPtr Find(std::string_view channel_id) const;
  // Returns the channel whose account or page has this id; null when no live
  // channel has such an account or page. An account belongs to at most one live
  // channel.
  EntryPtr FindOwner(std::string_view account_or_page_id) const;
  // Returns all live channels, sorted by id.
  std::vector<EntryPtr> List() const;

 private:
  // Both tables hold the same entries. by_account has each entry under the id
  // of its account and under the id of its page.
  struct Tables {
    StringMap<EntryPtr> by_id;
    StringMap<EntryPtr> by_account;
  };

  // Returns an entry with new notes. It prepares the HMAC keys, which takes a
  // while, so it is called without the mutex.
  std::shared_ptr<ChannelEntry> MakeEntry(const state::ChannelRow& row,
                                          const ChannelContent& content) const;
  // Puts the entry into the tables, or takes the channel out of them when
  // `entry` is null. A revision that is not newer than the known one is
  // ignored. The entry takes over the notes of the channel's previous entry.
  void Put(const state::ChannelRow& row, std::shared_ptr<ChannelEntry> entry);

  seal::Sealer& sealer_;
  // The mutex guards both members below. A change of a channel replaces the
  // tables with a changed copy of them. The copy costs little, because there
  // are few channels and they change rarely.
  mutable Mutex mutex_;
  std::shared_ptr<const Tables> tables_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const Tables>();
  // This map has the last known revision of every channel, by the channel's
  // number, also of deleted channels. Load may get a row that was read before a
  // change of the channel, when the feed has told of this change already.
  // Because of this map, such an old row does not bring a deleted channel back.
  std::unordered_map<std::int64_t, std::int64_t> revisions_
      ABSL_GUARDED_BY(mutex_);
};

// Returns NOT_FOUND with CHANNEL_NOT_FOUND. All callers use this function, so
// that the error has the same text everywhere.
absl::Status ChannelNotFound(std::string_view channel_id);

}  // namespace linktor::channels
