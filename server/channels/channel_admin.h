// Creates, changes and deletes channels. When a call returns, the registry,
// which follows the same journal's feed, knows what came of it. Blocks on the
// journal: call on an executor. Thread-safe.

#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "server/base/clock.h"
#include "server/channels/registry.h"
#include "server/channels/sealed_channel.h"
#include "server/journal/journal.h"

namespace linktor {

// App secrets that may be live at once.
inline constexpr int kMaxAppSecrets = 2;
// Ice breakers known of a channel: four in each of many languages, and those
// from before the last changes.
inline constexpr int kMaxKnownIceBreakers = 400;

class ChannelAdmin {
 public:
  // All must outlive this.
  ChannelAdmin(const Clock& clock, Journal& journal, Sealer& sealer,
               const ChannelRegistry& registry)
      : clock_(clock),
        journal_(journal),
        sealer_(sealer),
        registry_(registry) {}

  // Requests have been validated; see rpc/validation.h.
  absl::StatusOr<v1::Channel> Create(const v1::CreateChannelRequest& request);
  absl::StatusOr<v1::Channel> Update(const v1::UpdateChannelRequest& request);
  absl::StatusOr<v1::Channel> SetCredentials(
      const v1::SetChannelCredentialsRequest& request);
  absl::Status Delete(const v1::DeleteChannelRequest& request);

  // Remembers ice breakers that the account has or is about to have, so that
  // taps on them are recognised. Earlier ones stay known for as long as there
  // is room: a customer may still have them on the screen.
  absl::Status RememberIceBreakers(
      const std::string& channel_id,
      const google::protobuf::RepeatedPtrField<v1::IceBreaker>& ice_breakers,
      const google::protobuf::RepeatedPtrField<v1::LocalizedIceBreakers>&
          localizations);

 private:
  using IceBreakerList = google::protobuf::RepeatedPtrField<v1::IceBreaker>;
  // Makes of a channel what it is to be; it may be asked again after a
  // conflict.
  using Change = absl::FunctionRef<absl::Status(ChannelContent&)>;
  absl::StatusOr<v1::Channel> Modify(const std::string& channel_id,
                                     Change change);
  // Appends the update; the answer is of any kind.
  absl::StatusOr<ChannelAnswer> AppendUpdate(const ChannelEntry& entry,
                                             const ChannelContent& content,
                                             std::int64_t now_ms);
  void DescribeCredentials(const v1::ChannelCredentials& credentials,
                           std::int64_t now_ms, v1::Channel& channel) const;
  std::int64_t NowMs() const;

  const Clock& clock_;
  Journal& journal_;
  Sealer& sealer_;
  const ChannelRegistry& registry_;
};

}  // namespace linktor
