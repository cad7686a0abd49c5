// These functions make the settings into a channel that gRPC can call over.
// They are for the main thread only.

#pragma once

#include <grpcpp/channel.h>

#include <memory>

#include "absl/status/statusor.h"
#include "client/cli/settings.h"

namespace linktor::cli {

// Reads the environment and, where it is needed, the configuration file.
// Returns INVALID_ARGUMENT for whatever is wrong in one of them.
absl::StatusOr<Connection> LoadConnection(const ConnectionOptions& options,
                                          const Environment& environment);

// Returns a channel that connects when it is first used, or INVALID_ARGUMENT
// when one of the files of TLS cannot be read or is not what it should be,
// which gRPC would tell as a server that is away.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const Connection& connection);

}  // namespace linktor::cli
