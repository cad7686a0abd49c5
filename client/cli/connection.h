// These functions turn the settings into a client of the server. They are for
// the main thread only.

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/settings.h"
#include "linktor/instagram/client.h"

namespace linktor::cli {

// Reads the environment and, when it is needed, the configuration file. Returns
// INVALID_ARGUMENT when the options, the environment or the file has an error.
absl::StatusOr<Connection> LoadConnection(const ConnectionOptions& options,
                                          const Environment& environment);

// Returns a client that connects when it is first used. Returns
// INVALID_ARGUMENT when a TLS file cannot be read or has the wrong content.
// Without this check, gRPC would report such a file as a server that cannot be
// reached.
absl::StatusOr<std::unique_ptr<instagram::Client>> OpenClient(
    const Connection& connection, const std::string& api_key);

}  // namespace linktor::cli
