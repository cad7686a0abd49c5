// A ChannelAdmin creates, changes and deletes channels by appending records to
// the journal. When a call returns, the ChannelRegistry already has the result,
// because the journal tells the registry of a commit before it answers the
// appender (see journal/feed.h). Each call blocks until its append has ended.
// So ChannelService and IceBreakers make the calls on the executor. A
// ChannelAdmin is thread-safe. Two changes of one channel do not mix. A
// revision is a number that grows with each change of a channel. Each change
// names the revision that it was made from, and the state accepts the change
// only if the channel still has this revision.

#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "server/base/clock.h"
#include "server/channels/registry.h"
#include "server/channels/sealed_channel.h"
#include "server/journal/journal.h"

namespace linktor::channels {

// A channel has at most this many app secrets at a time. It needs two while an
// operator replaces a secret: the old one and the new one. It also needs two
// when the Instagram app has a secret of its own. There is a limit because each
// secret costs an HMAC for every webhook.
inline constexpr int kMaxAppSecrets = 2;
// The server remembers at most this many ice breakers of a channel. An account
// has at most four ice breakers in each language. So this limit has room for
// many languages, and for ice breakers that were replaced lately.
inline constexpr int kMaxKnownIceBreakers = 400;

class ChannelAdmin {
 public:
  // All four objects must outlive the ChannelAdmin.
  ChannelAdmin(const Clock& clock, journal::Journal& journal,
               seal::Sealer& sealer, const ChannelRegistry& registry)
      : clock_(clock),
        journal_(journal),
        sealer_(sealer),
        registry_(registry) {}

  // The requests have been validated; see rpc/validation.h. Each function has
  // its own errors, which are named below. Each function can also fail as an
  // append does: with OVERLOADED, DISK_FULL, DRAINING, STORE_FAILED or
  // INTERNAL_FAULT (see journal/journal.h).
  //
  // Creates the channel with its credentials, and returns the channel. If a
  // request with the same request id comes again, the call returns the channel
  // that the first request made. The call fails with CHANNEL_ALREADY_EXISTS,
  // ACCOUNT_ALREADY_CONNECTED or REQUEST_ID_REUSED.
  absl::StatusOr<v1::Channel> Create(const v1::CreateChannelRequest& request);
  // The requests of the next three functions may give an etag. A request with
  // an etag fails with CHANNEL_CHANGED when the channel has another etag now.
  //
  // Changes the fields that the request's update_mask names. It fails with
  // CHANNEL_NOT_FOUND or ACCOUNT_ALREADY_CONNECTED. It fails with
  // INVALID_REQUEST when the channel would use Facebook Login without a page
  // id. It fails with OVERLOADED after 20 attempts, if other callers have
  // changed the channel during each of them.
  absl::StatusOr<v1::Channel> Update(const v1::UpdateChannelRequest& request);
  // Sets, adds or removes the credentials that the request names. It removes an
  // app secret before it adds one, so that one call can replace a secret. It
  // fails with CHANNEL_NOT_FOUND or OVERLOADED, as Update does. It fails with
  // INVALID_REQUEST when the channel does not have the secret that should be
  // removed, or already has kMaxAppSecrets secrets when one should be added.
  absl::StatusOr<v1::Channel> SetCredentials(
      const v1::SetChannelCredentialsRequest& request);
  // Deletes the channel and its credentials. If the request has `erase`, Delete
  // also begins to erase everything that is stored about the channel's
  // customers. A request with `erase` and without an etag is also accepted for
  // a channel that was deleted before. Delete fails with CHANNEL_NOT_FOUND or
  // OVERLOADED, as Update does.
  absl::Status Delete(const v1::DeleteChannelRequest& request);

  // Remembers ice breakers that the account has or is about to have, so that
  // the server recognises taps on them. Earlier ice breakers stay known as long
  // as there is room, because a customer may still have them on the screen.
  // When all of the ice breakers are known already, this function appends no
  // record. It fails with CHANNEL_NOT_FOUND or OVERLOADED, as Update does.
  absl::Status RememberIceBreakers(
      const std::string& channel_id,
      const google::protobuf::RepeatedPtrField<v1::IceBreaker>& ice_breakers,
      const google::protobuf::RepeatedPtrField<v1::LocalizedIceBreakers>&
          localizations);

 private:
  using IceBreakerList = google::protobuf::RepeatedPtrField<v1::IceBreaker>;
  // A Change turns the content of a channel into the new content. Replace may
  // call a Change several times, each time with newer content of the channel.
  // So a Change must not keep anything between two calls. When it returns an
  // error, the whole operation ends with this error.
  using Change = absl::FunctionRef<absl::Status(ChannelContent&)>;
  // Applies `change` to the channel as the registry has it, and appends the
  // result. If another change of the channel was applied meanwhile, Replace
  // begins again with the changed channel. It gives up with OVERLOADED after 20
  // attempts. Returns the channel as it is stored.
  absl::StatusOr<v1::Channel> Replace(const std::string& channel_id,
                                      Change change);
  // Does what Replace does, for a change that callers of the API can see. So it
  // also gives the channel a new etag and a new update_time. It fails with
  // CHANNEL_CHANGED when `etag` is not empty and is not the channel's etag.
  absl::StatusOr<v1::Channel> Modify(const std::string& channel_id,
                                     const std::string& etag, Change change);
  // Seals (encrypts) `content`, and appends a record that makes it the new
  // content of the channel of `entry`. If `tell` is true, the record also has a
  // channel.updated event for subscribers. The returned answer may also be a
  // refusal: when Apply (state/applier.h) refuses the change, AppendUpdate does
  // not return an error. An error means that there is no answer, because
  // sealing or appending has failed.
  absl::StatusOr<state::ChannelAnswer> AppendUpdate(
      const ChannelEntry& entry, const ChannelContent& content, bool tell);
  // Writes into `channel` the facts about its credentials that callers may
  // know: the fingerprints, whether a verify token is set, and when each app
  // secret was added. A secret that `channel` lists already keeps its time, and
  // a new secret gets `now_ms`.
  void DescribeCredentials(const v1::ChannelCredentials& credentials,
                           std::int64_t now_ms, v1::Channel& channel) const;
  std::int64_t NowMs() const;

  const Clock& clock_;
  journal::Journal& journal_;
  seal::Sealer& sealer_;
  const ChannelRegistry& registry_;
};

}  // namespace linktor::channels
