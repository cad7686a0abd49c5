// This is a channel as calls to Meta see it: ids, version, token and proof.
// Sends, ice breakers and user names ask for it before each call.

#pragma once

#include "absl/status/statusor.h"
#include "server/channels/registry.h"
#include "server/graph/account.h"

namespace linktor::channels {

// Returns a copy of everything that a Graph call needs, so that the call does
// not depend on the channel's later life. It fails with FAILED_PRECONDITION and
// CREDENTIALS_MISSING when the channel has no access token. With Facebook Login
// it signs the token with the app secret that last signed a webhook
// (appsecret_proof). It is thread-safe.
absl::StatusOr<graph::GraphAccount> GraphAccountOf(const ChannelEntry& channel);

}  // namespace linktor::channels
