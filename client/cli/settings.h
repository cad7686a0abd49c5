// The settings say which server is called, and how. They come from the options
// of the command line, the environment and the configuration file, in this
// order of precedence. The functions are pure, for any thread.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace linktor::cli {

// Returns the value of an environment variable, or nothing when the variable is
// not set.
using Environment =
    std::function<std::optional<std::string>(const std::string& name)>;

// These are the settings that one source gives. A setting that the source does
// not give is absent.
struct ConnectionOptions {
  // This is an address: HOST:PORT or unix:PATH. In the options and the
  // environment it may also be the name of an entry of the configuration file.
  // Such a name has no colon, so it cannot be taken for an address.
  std::optional<std::string> server;
  // This is the path of the configuration file. The file itself cannot set it.
  std::optional<std::string> config;
  std::optional<bool> tls;
  // These are paths of PEM files: the trusted roots (`ca`), and the client's
  // own certificate (`cert`) with its private key (`key`).
  std::optional<std::string> ca, cert, key;
  // The server's certificate must have this name.
  std::optional<std::string> tls_name;
  std::optional<std::string> api_key_file;
  // This is the API key itself. Only the environment can give it: every user of
  // the machine can see an argument, and people copy configuration files and
  // show them to others.
  std::optional<std::string> api_key;
  std::optional<bool> send_key_unencrypted;
};

// This gives the name of one setting in each source: the option, the
// environment variable, and the key in an entry of the configuration file. A
// name is null when that source cannot give the setting.
template <typename T>
struct Setting {
  const char* option;
  const char* variable;
  const char* entry;
  std::optional<T> ConnectionOptions::*field;
};

inline constexpr Setting<std::string> kTextSettings[] = {
    {"--server", "LINKTOR_IG_SERVER", "address", &ConnectionOptions::server},
    {"--config", "LINKTOR_IG_CLI_CONFIG", nullptr, &ConnectionOptions::config},
    {"--ca", "LINKTOR_IG_CA", "ca", &ConnectionOptions::ca},
    {"--cert", "LINKTOR_IG_CERT", "cert", &ConnectionOptions::cert},
    {"--key", "LINKTOR_IG_KEY", "key", &ConnectionOptions::key},
    {"--tls-name", "LINKTOR_IG_TLS_NAME", "tls_name",
     &ConnectionOptions::tls_name},
    {"--api-key-file", "LINKTOR_IG_API_KEY_FILE", "api_key_file",
     &ConnectionOptions::api_key_file},
    {nullptr, "LINKTOR_IG_API_KEY", nullptr, &ConnectionOptions::api_key},
};

inline constexpr Setting<bool> kFlagSettings[] = {
    {"--tls", "LINKTOR_IG_TLS", "tls", &ConnectionOptions::tls},
    {"--send-key-unencrypted", "LINKTOR_IG_SEND_KEY_UNENCRYPTED",
     "send_key_unencrypted", &ConnectionOptions::send_key_unencrypted},
};

struct ConfigFile {
  // The program looked for the file at this path; `exists` tells whether the
  // file was there.
  std::string path;
  bool exists = false;
  // This names the entry that is used when no server is given; it may be empty.
  std::string default_server;
  std::map<std::string, ConnectionOptions> servers;
};

// This tells where the API key comes from.
struct ApiKeySource {
  // `value` is the key itself, or `file` is the path of the file that holds the
  // key. Both are empty when no source has a key.
  std::string value;
  std::string file;
  // It names the source in words, such as "LINKTOR_IG_API_KEY". It never has
  // the key.
  std::string description;
  bool exists() const { return !value.empty() || !file.empty(); }
};

// This is the result of the three sources together.
struct Connection {
  std::string address;
  // It is the name of the entry in the configuration file. It is empty when no
  // entry is used.
  std::string entry;
  // This is the path of the configuration file, whether the file exists or not.
  std::string config_path;
  bool tls = false;
  // Each is empty when it was not given. All of them are empty when `tls` is
  // false.
  std::string ca, cert, key, tls_name;
  ApiKeySource api_key;
};

inline constexpr char kDefaultAddress[] = "127.0.0.1:50051";

// Reads the settings from the environment. Returns INVALID_ARGUMENT for a flag
// that is neither yes nor no. An empty variable counts as absent.
absl::StatusOr<ConnectionOptions> FromEnvironment(
    const Environment& environment);

// Returns whether Resolve() needs the content of the configuration file. It
// does when the user named the file, or when the server is not given by its
// address.
bool NeedsConfigFile(const ConnectionOptions& options,
                     const ConnectionOptions& environment);

// Combines the three sources into one connection. Returns INVALID_ARGUMENT, in
// words for the person who typed the command, for these faults: a server name
// that has no entry, an address of a wrong form, settings of one source that
// contradict each other, and an API key that would travel unencrypted over a
// network.
absl::StatusOr<Connection> Resolve(const ConnectionOptions& options,
                                   const ConnectionOptions& environment,
                                   const ConfigFile& file);

// Returns an error unless `address` is HOST:PORT or unix:PATH.
absl::Status CheckAddress(const std::string& address);

}  // namespace linktor::cli
