// Makes a GraphAccount (graph/account.h) from a channel. A GraphAccount has
// what a call to Meta needs: the ids, the API version, the access token, and
// the proof that the call comes from the app. The sender, UserProfiles, the
// media refresher and IceBreakers call GraphAccountOf before each call to Meta.

#pragma once

#include "absl/status/statusor.h"
#include "server/channels/registry.h"
#include "server/graph/account.h"

namespace linktor::channels {

// Returns a copy of everything that a call to Meta needs, so that later changes
// of the channel do not affect the call. It fails with FAILED_PRECONDITION and
// CREDENTIALS_MISSING when the channel has no access token.
//
// With Facebook Login the copy also has the proof (appsecret_proof): the
// HMAC-SHA256 of the access token under one of the channel's app secrets. This
// is the secret with which Meta last signed a webhook since this process has
// started, or else the newest secret. When the channel has no secret, there is
// no proof. The function is thread-safe.
absl::StatusOr<graph::GraphAccount> GraphAccountOf(const ChannelEntry& channel);

}  // namespace linktor::channels
