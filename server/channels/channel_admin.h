// A ChannelAdmin creates, changes and deletes channels. When a call returns,
// the registry, which follows the same journal's feed, knows what came of it.
// ChannelService calls it, on the executor: each call blocks on the journal. It
// is thread-safe; two changes of one channel do not mix, because each names the
// revision that it was made from.

#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "server/base/clock.h"
#include "server/channels/registry.h"
#include "server/channels/sealed_channel.h"
#include "server/journal/journal.h"

namespace linktor::channels {

// At most so many app secrets are live at once: the old and the new one while a
// secret is replaced. Each costs an HMAC for every webhook.
inline constexpr int kMaxAppSecrets = 2;
// So many ice breakers of a channel are remembered: four in each of many
// languages, and those from before the last changes.
inline constexpr int kMaxKnownIceBreakers = 400;

class ChannelAdmin {
 public:
  // All must outlive this.
  ChannelAdmin(const Clock& clock, journal::Journal& journal,
               seal::Sealer& sealer, const ChannelRegistry& registry)
      : clock_(clock),
        journal_(journal),
        sealer_(sealer),
        registry_(registry) {}

  // Requests have been validated; see rpc/validation.h. Besides the errors
  // below each can fail as an append does: OVERLOADED, DISK_FULL, DRAINING,
  // STORE_FAILED.
  //
  // Creates the channel with its credentials, and returns it. A repeated
  // request with the same request id returns the channel that the first one
  // made. It fails with CHANNEL_ALREADY_EXISTS, ACCOUNT_ALREADY_CONNECTED,
  // REQUEST_ID_REUSED.
  absl::StatusOr<v1::Channel> Create(const v1::CreateChannelRequest& request);
  // A request that gives an etag fails with CHANNEL_CHANGED when the channel
  // has another.
  //
  // Changes the fields that the mask names. It fails with CHANNEL_NOT_FOUND,
  // ACCOUNT_ALREADY_CONNECTED; INVALID_REQUEST when the channel would lack a
  // page id that it needs; OVERLOADED when others change it all the time.
  absl::StatusOr<v1::Channel> Update(const v1::UpdateChannelRequest& request);
  // Sets, adds or removes the credentials that the request names. The removal
  // comes before the addition, so that one call can replace a secret. It fails
  // with CHANNEL_NOT_FOUND; INVALID_REQUEST for a secret to remove that the
  // channel does not have, or one too many; OVERLOADED.
  absl::StatusOr<v1::Channel> SetCredentials(
      const v1::SetChannelCredentialsRequest& request);
  // Deletes the channel and its credentials. It fails with CHANNEL_NOT_FOUND.
  absl::Status Delete(const v1::DeleteChannelRequest& request);

  // Remembers ice breakers that the account has or is about to have, so that
  // taps on them are recognised. Earlier ones stay known for as long as there
  // is room: a customer may still have them on the screen. It appends nothing
  // when all are known. It fails with CHANNEL_NOT_FOUND, OVERLOADED.
  absl::Status RememberIceBreakers(
      const std::string& channel_id,
      const google::protobuf::RepeatedPtrField<v1::IceBreaker>& ice_breakers,
      const google::protobuf::RepeatedPtrField<v1::LocalizedIceBreakers>&
          localizations);

 private:
  using IceBreakerList = google::protobuf::RepeatedPtrField<v1::IceBreaker>;
  // A Change makes of a channel what it is to be. It may be asked again after a
  // conflict, with the channel as it then is, so it must not keep anything. Its
  // error ends the call.
  using Change = absl::FunctionRef<absl::Status(ChannelContent&)>;
  // Applies `change` to the channel as the registry has it, and appends the
  // result; after a conflict it begins again, at most 20 times. Returns the
  // channel as stored.
  absl::StatusOr<v1::Channel> Replace(const std::string& channel_id,
                                      Change change);
  // Does the same with a change that callers see: the channel gets a new etag
  // and the time of the change. An `etag` that is not empty must be the
  // channel's.
  absl::StatusOr<v1::Channel> Modify(const std::string& channel_id,
                                     const std::string& etag, Change change);
  // Seals `content` and appends the update of `entry`, with an event when it is
  // to be told. The answer may be of any kind; an error means that nothing can
  // be said about the channel.
  absl::StatusOr<state::ChannelAnswer> AppendUpdate(
      const ChannelEntry& entry, const ChannelContent& content, bool tell);
  // Writes into `channel` what callers may know of its credentials:
  // fingerprints, and since when each secret is there. A secret that was there
  // keeps its time.
  void DescribeCredentials(const v1::ChannelCredentials& credentials,
                           std::int64_t now_ms, v1::Channel& channel) const;
  std::int64_t NowMs() const;

  const Clock& clock_;
  journal::Journal& journal_;
  seal::Sealer& sealer_;
  const ChannelRegistry& registry_;
};

}  // namespace linktor::channels
