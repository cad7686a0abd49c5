// Makes the account of a call to Meta from a channel: the ids, the API version,
// the token and the proof. The sender, UserProfiles, the media refresher and
// IceBreakers ask for it before each call.

#pragma once

#include "absl/status/statusor.h"
#include "server/channels/registry.h"
#include "server/graph/account.h"

namespace linktor::channels {

// Returns a copy of everything that a Graph call needs, so that later changes
// of the channel do not affect the call. It fails with FAILED_PRECONDITION and
// CREDENTIALS_MISSING when the channel has no access token.
//
// With Facebook Login the copy also has the proof (appsecret_proof): the token,
// signed with the app secret that last signed a webhook. If no secret has
// signed a webhook yet, the newest secret is used. Without any secret there is
// no proof. The function is thread-safe.
absl::StatusOr<graph::GraphAccount> GraphAccountOf(const ChannelEntry& channel);

}  // namespace linktor::channels
