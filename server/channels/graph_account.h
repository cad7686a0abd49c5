// A channel as Graph calls see it.

#pragma once

#include "absl/status/statusor.h"
#include "server/channels/registry.h"
#include "server/graph/account.h"

namespace linktor {

// FAILED_PRECONDITION with CREDENTIALS_MISSING when it has no access token.
absl::StatusOr<GraphAccount> GraphAccountOf(const ChannelEntry& channel);

}  // namespace linktor
