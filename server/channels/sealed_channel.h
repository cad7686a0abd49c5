// This is a channel in the clear, and as records and rows hold it: sealed under
// the channel's own key, for its number. The registry opens channels, and
// ChannelAdmin seals them. The functions are thread-safe.

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

namespace linktor::channels {

// A ChannelContent is everything of a channel that is sealed.
struct ChannelContent {
  // Everything that callers may see of the channel.
  v1::Channel channel;
  // These are the token and the secrets; they must not be logged or kept longer
  // than needed.
  v1::ChannelCredentials credentials;
  // The account has these, of every locale, or lately had them; the newest is
  // the first.
  google::protobuf::RepeatedPtrField<v1::IceBreaker> ice_breakers;
};

// Seals the content for the channel of that number; the ids that the state must
// read stay in the clear. `new_keys` gets the key when one was made, which must
// be durable before the body; see Sealer::Seal. It fails only when the stored
// keys cannot be read.
absl::StatusOr<journal::ChannelBody> SealChannel(seal::Sealer& sealer,
                                                 std::int64_t channel_no,
                                                 const ChannelContent& content,
                                                 seal::NewKeys& new_keys);

// Opens the row of a channel that is not deleted. It fails with a sentence that
// names the channel: with DATA_LOSS when the row is not what was sealed or its
// key is gone, or with the failure to read the key.
absl::StatusOr<ChannelContent> OpenChannel(seal::Sealer& sealer,
                                           const state::ChannelRow& row);
// Does the same with the credentials alone; it reads the row's number, id and
// sealed credentials, and nothing else.
absl::StatusOr<v1::ChannelCredentials> OpenCredentials(
    seal::Sealer& sealer, const state::ChannelRow& row);

}  // namespace linktor::channels
