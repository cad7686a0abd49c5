// Seals and opens channels. Records of the journal and rows of the state hold a
// channel sealed: encrypted under a data key of the channel. The sealed bytes
// are bound to the channel's number, so that nobody can open them as another
// channel. The registry opens channels. ChannelAdmin seals them, and opens them
// in order to change them. The functions are thread-safe.

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

// A ChannelContent is everything about a channel that is stored sealed.
struct ChannelContent {
  // This is everything that callers may see of the channel.
  v1::Channel channel;
  // These are the tokens and the app secrets. They must not be logged, and must
  // not be kept longer than needed.
  v1::ChannelCredentials credentials;
  // These are the ice breakers that the account has, or had lately, in all
  // languages; the newest is the first.
  google::protobuf::RepeatedPtrField<v1::IceBreaker> ice_breakers;
};

// Seals the content for the channel of this number. The ids of the channel, its
// account and its page stay in the clear (not encrypted), because Apply
// (state/applier.h) compares them with other channels. If sealing needs a new
// data key, the key is added to `new_keys`. That key must be durable before the
// returned body is durable; see Sealer::Seal. SealChannel fails only when the
// stored data keys cannot be read.
absl::StatusOr<journal::ChannelBody> SealChannel(seal::Sealer& sealer,
                                                 std::int64_t channel_no,
                                                 const ChannelContent& content,
                                                 seal::NewKeys& new_keys);

// Opens (decrypts) the row of a channel that is not deleted. The message of an
// error is a sentence that names the channel. OpenChannel fails with DATA_LOSS
// when the row is not what was sealed, or when its data key was destroyed. When
// the data key cannot be read from the disk, it fails with the error of the
// read.
absl::StatusOr<ChannelContent> OpenChannel(seal::Sealer& sealer,
                                           const state::ChannelRow& row);
// Opens the credentials alone, and fails as OpenChannel does. It uses only the
// row's number, id and sealed credentials, so the other fields may be empty.
absl::StatusOr<v1::ChannelCredentials> OpenCredentials(
    seal::Sealer& sealer, const state::ChannelRow& row);

}  // namespace linktor::channels
