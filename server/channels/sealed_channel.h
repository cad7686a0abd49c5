// A channel in the clear, and as records and rows hold it: sealed under the
// channel's own key, for its number.

#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "linktor/instagram/v1/channel.pb.h"
#include "linktor/instagram/v1/ice_breaker.pb.h"
#include "server/base/v1.h"
#include "server/journal/record.pb.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor {

struct ChannelContent {
  v1::Channel channel;
  v1::ChannelCredentials credentials;
  // The account has these, of every locale, or lately had them; the newest is
  // the first.
  google::protobuf::RepeatedPtrField<v1::IceBreaker> ice_breakers;
};

// Fails only when the stored keys cannot be read. `new_keys`: see Sealer::Seal.
absl::StatusOr<journal::ChannelBody> SealChannel(Sealer& sealer,
                                                 std::int64_t channel_no,
                                                 const ChannelContent& content,
                                                 NewKeys& new_keys);

// Opens the row of a channel that is not deleted. It fails with a sentence that
// names the channel: with DATA_LOSS when the row is not what was sealed or its
// key is gone, or with the failure to read the key.
absl::StatusOr<ChannelContent> OpenChannel(Sealer& sealer,
                                           const ChannelRow& row);
// The same, of the credentials alone; they are all that it reads besides the
// row's number and id.
absl::StatusOr<v1::ChannelCredentials> OpenCredentials(Sealer& sealer,
                                                       const ChannelRow& row);

}  // namespace linktor
