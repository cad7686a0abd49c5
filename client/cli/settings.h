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

// It returns the value of an environment variable, if that is set.
using Environment =
    std::function<std::optional<std::string>(const std::string& name)>;

// They are what one source says about the connection; the rest is absent.
struct ConnectionOptions {
  // This is an address, HOST:PORT or unix:PATH. In the options and the
  // environment it may also be the name of an entry of the configuration file,
  // which has no colon.
  std::optional<std::string> server;
  // This names the configuration file, so that no entry of it has one.
  std::optional<std::string> config;
  std::optional<bool> tls;
  // These are PEM files: the roots, and the client's own certificate with its
  // private key.
  std::optional<std::string> ca, cert, key;
  // The server's certificate must have this name.
  std::optional<std::string> tls_name;
  std::optional<std::string> api_key_file;
  // This is the API key itself. Only the environment has it: every user of the
  // machine can see an argument, and a configuration file is copied and shown
  // around.
  std::optional<std::string> api_key;
  std::optional<bool> send_key_unencrypted;
};

// A setting has a name in each source; it is null where a source does not have
// the setting.
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
  // It was looked for here; `exists` says whether it was there.
  std::string path;
  bool exists = false;
  // This entry is used when no server is given; it may be empty.
  std::string default_server;
  std::map<std::string, ConnectionOptions> servers;
};

// The API key comes from here.
struct ApiKeySource {
  // One of them is the key itself, or the file that holds it. Both are empty
  // when no source has a key.
  std::string value;
  std::string file;
  // It is the source in words, such as "LINKTOR_IG_API_KEY", and never the key.
  std::string description;
  bool exists() const { return !value.empty() || !file.empty(); }
};

// The three sources come to this.
struct Connection {
  std::string address;
  // It is the entry of the configuration file, or empty for an address.
  std::string entry;
  // This names the configuration file, whether it exists or not.
  std::string config_path;
  bool tls = false;
  // They are empty when not given, and without `tls` all of them are.
  std::string ca, cert, key, tls_name;
  ApiKeySource api_key;
};

inline constexpr char kDefaultAddress[] = "127.0.0.1:50051";

// Returns INVALID_ARGUMENT for a flag that is neither yes nor no. An empty
// variable counts as absent.
absl::StatusOr<ConnectionOptions> FromEnvironment(
    const Environment& environment);

// Returns whether the configuration file must be read to resolve them: it is
// named, or the server is not given by its address.
bool NeedsConfigFile(const ConnectionOptions& options,
                     const ConnectionOptions& environment);

// Returns INVALID_ARGUMENT, in words for the person who typed it, for a name
// without an entry, a text that is no address, contradictions within one
// source, and a key that would travel unencrypted over a network.
absl::StatusOr<Connection> Resolve(const ConnectionOptions& options,
                                   const ConnectionOptions& environment,
                                   const ConfigFile& file);

// An address is HOST:PORT or unix:PATH.
absl::Status CheckAddress(const std::string& address);

}  // namespace linktor::cli
