// In the configuration file of linktor-ig servers have names:
//
//   default = "prod"              # optional
//   [servers.prod]
//   address = "gateway.example.com:50051"
//   ca = "ca.pem"                 # relative paths begin at the file's folder
//   api_key_file = "prod.key"
//
// The keys of an entry are in settings.h. The functions are pure but for the
// file they read, for any thread.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/settings.h"

namespace linktor::cli {

// Returns $XDG_CONFIG_HOME/linktor-ig/config.toml, else the same below
// ~/.config; empty when neither variable names a folder.
std::string DefaultConfigPath(const Environment& environment);

// Parses the content of the file at `path`. Returns INVALID_ARGUMENT with every
// problem and its line: bad TOML, unknown keys, wrong types, a default without
// an entry. A problem never repeats the value of an unknown key, which may be a
// secret in the wrong place.
absl::StatusOr<ConfigFile> ParseConfigFile(const std::string& toml,
                                           const std::string& path);

// Reads it. A file that is not there is an error only if it must be.
absl::StatusOr<ConfigFile> ReadConfigFile(const std::string& path,
                                          bool must_exist);

}  // namespace linktor::cli
