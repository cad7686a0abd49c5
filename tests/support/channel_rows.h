// This makes rows of channels for tests that fill a ChannelRegistry without a
// journal: registry.Load({MakeChannelRow(sealer, 101, content)}).

#pragma once

#include <cstdint>
#include <utility>

#include "server/channels/sealed_channel.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor {

// Returns the row that the state would store for the channel. Only the same
// sealer can open its sealed columns, because the new keys are not stored. The
// program ends when the channel cannot be sealed.
inline state::ChannelRow MakeChannelRow(seal::Sealer& sealer,
                                        std::int64_t channel_no,
                                        const channels::ChannelContent& content,
                                        std::int64_t revision = 1) {
  seal::NewKeys new_keys;
  journal::ChannelBody body =
      channels::SealChannel(sealer, channel_no, content, new_keys).value();
  return {
      .no = channel_no,
      .revision = revision,
      .id = body.id(),
      .account_id = body.account_id(),
      .page_id = body.page_id(),
      .sealed_channel = std::move(*body.mutable_sealed_channel()),
      .sealed_credentials = std::move(*body.mutable_sealed_credentials()),
      .sealed_ice_breakers = std::move(*body.mutable_sealed_ice_breakers())};
}

}  // namespace linktor
