// A ChannelAdmin creates, changes and deletes channels by appending records to
// the journal. When a call returns, the registry already shows the result,
// because the registry follows the feed of the same journal. ChannelService
// makes the calls on the executor, because each call blocks on the journal. A
// ChannelAdmin is thread-safe. Two changes of one channel do not mix: each
// change names the revision that it was made from, and it is applied to no
// other revision.

#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "server/base/clock.h"
#include "server/channels/registry.h"
#include "server/channels/sealed_channel.h"
#include "server/journal/journal.h"

namespace linktor::channels {

// A channel has at most this many app secrets at a time: the old and the new
// one while a secret is replaced. There is a limit because each secret costs an
// HMAC for every webhook.
inline constexpr int kMaxAppSecrets = 2;
// The server remembers at most this many ice breakers of a channel. That is
// enough for four in each of many languages, and for the ones that the last
// changes have replaced.
inline constexpr int kMaxKnownIceBreakers = 400;

class ChannelAdmin {
 public:
  // All four objects must outlive this one.
  ChannelAdmin(const Clock& clock, journal::Journal& journal,
               seal::Sealer& sealer, const ChannelRegistry& registry)
      : clock_(clock),
        journal_(journal),
        sealer_(sealer),
        registry_(registry) {}

  // The requests have been validated; see rpc/validation.h. Besides the errors
  // that are named at each function, each function can fail as an append does
  // (see journal/journal.h): OVERLOADED, DISK_FULL, DRAINING, STORE_FAILED.
  //
  // Creates the channel with its credentials, and returns the channel. A
  // repeated request with the same request id returns the channel that the
  // first request made. It fails with CHANNEL_ALREADY_EXISTS,
  // ACCOUNT_ALREADY_CONNECTED or REQUEST_ID_REUSED.
  absl::StatusOr<v1::Channel> Create(const v1::CreateChannelRequest& request);
  // The requests of the next three functions may give an etag. Such a request
  // fails with CHANNEL_CHANGED when the channel has another etag now.
  //
  // Changes the fields that the mask names. It fails with CHANNEL_NOT_FOUND or
  // ACCOUNT_ALREADY_CONNECTED. It fails with INVALID_REQUEST when the channel
  // would use Facebook Login without a page id. It fails with OVERLOADED when
  // other callers change the channel all the time.
  absl::StatusOr<v1::Channel> Update(const v1::UpdateChannelRequest& request);
  // Sets, adds or removes the credentials that the request names. The removal
  // comes before the addition, so that one call can replace a secret. It fails
  // with CHANNEL_NOT_FOUND or OVERLOADED, as Update does. It fails with
  // INVALID_REQUEST when the channel does not have the secret that should be
  // removed, or has no room for another secret.
  absl::StatusOr<v1::Channel> SetCredentials(
      const v1::SetChannelCredentialsRequest& request);
  // Deletes the channel and its credentials. With `erase` it also begins to
  // erase all that is stored of the channel's customers. With `erase` the
  // channel may have been deleted before. It fails with CHANNEL_NOT_FOUND or
  // OVERLOADED, as Update does.
  absl::Status Delete(const v1::DeleteChannelRequest& request);

  // Remembers ice breakers that the account has or is about to have, so that
  // the server recognises taps on them. Earlier ice breakers stay known as long
  // as there is room, because a customer may still have them on the screen.
  // When all of the ice breakers are known already, it appends nothing. It
  // fails with CHANNEL_NOT_FOUND or OVERLOADED, as Update does.
  absl::Status RememberIceBreakers(
      const std::string& channel_id,
      const google::protobuf::RepeatedPtrField<v1::IceBreaker>& ice_breakers,
      const google::protobuf::RepeatedPtrField<v1::LocalizedIceBreakers>&
          localizations);

 private:
  using IceBreakerList = google::protobuf::RepeatedPtrField<v1::IceBreaker>;
  // A Change turns the content of a channel into the new content. It may be
  // called again after a conflict, with newer content of the channel. So it
  // must not keep anything between two calls. When it returns an error, the
  // whole operation ends with this error.
  using Change = absl::FunctionRef<absl::Status(ChannelContent&)>;
  // Applies `change` to the channel as the registry has it, and appends the
  // result. A conflict means that another change of the channel came first.
  // After a conflict Replace begins again, and it gives up after 20 attempts.
  // Returns the channel as it is stored.
  absl::StatusOr<v1::Channel> Replace(const std::string& channel_id,
                                      Change change);
  // Does the same as Replace for a change that callers see: the channel also
  // gets a new etag and the time of the change. If `etag` is not empty, it must
  // be the channel's etag.
  absl::StatusOr<v1::Channel> Modify(const std::string& channel_id,
                                     const std::string& etag, Change change);
  // Seals `content` and appends the update of `entry`. If `tell` is true, the
  // record also brings an event that tells of the change. The answer may be of
  // any kind, also a refusal. An error means that there is no answer, because
  // sealing or appending has failed.
  absl::StatusOr<state::ChannelAnswer> AppendUpdate(
      const ChannelEntry& entry, const ChannelContent& content, bool tell);
  // Writes into `channel` the facts about its credentials that callers may
  // know: the fingerprints, whether a verify token is set, and when each app
  // secret was added. A secret that was there before keeps its time.
  void DescribeCredentials(const v1::ChannelCredentials& credentials,
                           std::int64_t now_ms, v1::Channel& channel) const;
  std::int64_t NowMs() const;

  const Clock& clock_;
  journal::Journal& journal_;
  seal::Sealer& sealer_;
  const ChannelRegistry& registry_;
};

}  // namespace linktor::channels
