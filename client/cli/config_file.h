// The configuration file of linktor-ig gives names to servers:
//
//   default = "prod"              # optional
//   [servers.prod]
//   address = "gateway.example.com:50051"
//   ca = "ca.pem"                 # relative paths begin at the file's folder
//   api_key_file = "prod.key"
//
// The struct Setting in settings.h lists the keys that an entry such as
// [servers.prod] can have. The functions are pure, except that ReadConfigFile()
// reads a file, and they are for any thread.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/settings.h"

namespace linktor::cli {

// Returns $XDG_CONFIG_HOME/linktor-ig/config.toml. Without that variable,
// returns the path ~/.config/linktor-ig/config.toml. The result is empty when
// neither XDG_CONFIG_HOME nor HOME names a folder.
std::string DefaultConfigPath(const Environment& environment);

// Parses the content of the file at `path`. Returns INVALID_ARGUMENT with every
// problem and its line: bad TOML, unknown keys, wrong types, or a default that
// names no entry. A problem never repeats the value of an unknown key, because
// that value may be a secret in the wrong place.
absl::StatusOr<ConfigFile> ParseConfigFile(const std::string& toml,
                                           const std::string& path);

// Reads and parses the file at `path`. A file that does not exist is an error
// only if `must_exist` is true.
absl::StatusOr<ConfigFile> ReadConfigFile(const std::string& path,
                                          bool must_exist);

}  // namespace linktor::cli
