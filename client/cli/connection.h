// These functions make the settings into a client of the server. They are for
// the main thread only.

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/settings.h"
#include "linktor/instagram/client.h"

namespace linktor::cli {

// Reads the environment and, where it is needed, the configuration file.
// Returns INVALID_ARGUMENT for whatever is wrong in one of them.
absl::StatusOr<Connection> LoadConnection(const ConnectionOptions& options,
                                          const Environment& environment);

// Returns a client that connects when it is first used, or INVALID_ARGUMENT
// when one of the files of TLS cannot be read or is not what it should be,
// which gRPC would tell as a server that is away.
absl::StatusOr<std::unique_ptr<instagram::Client>> OpenClient(
    const Connection& connection, const std::string& api_key);

}  // namespace linktor::cli
