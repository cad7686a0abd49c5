#include "client/cli/settings.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "linktor/instagram/client.h"

namespace linktor::cli {
namespace {

constexpr char kUnix[] = "unix:";

using Text = std::optional<std::string> ConnectionOptions::*;

// A Source is a place that gives settings: the options, the environment, or an
// entry of the configuration file. It knows the name of each setting there.
struct Source {
  const ConnectionOptions* given = nullptr;
  enum class Kind { kOptions, kEnvironment, kEntry } kind = Kind::kOptions;
  // An error begins with this text, such as "[servers.prod] in config.toml: ".
  std::string where;

  std::string NameOf(Text field) const {
    for (const auto& setting : kTextSettings) {
      if (setting.field == field) return NameOf(setting);
    }
    return "";
  }
  template <typename T>
  const char* NameOf(const Setting<T>& setting) const {
    switch (kind) {
      case Kind::kOptions:
        return setting.option;
      case Kind::kEnvironment:
        return setting.variable;
      default:
        return setting.entry;
    }
  }
};

std::string EntryName(const std::string& entry, const ConfigFile& file) {
  return absl::StrCat("[servers.", entry, "] in ", file.path);
}

absl::Status Problem(const auto&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

// Returns whether the source wants TLS, or nothing when it does not say. A
// setting that is of use only with TLS, such as `ca`, means that it does.
absl::StatusOr<std::optional<bool>> WantsTls(const Source& source) {
  using Options = ConnectionOptions;
  const Options& given = *source.given;
  if (given.cert.has_value() != given.key.has_value()) {
    const bool cert = given.cert.has_value();
    return Problem(
        source.where, source.NameOf(cert ? &Options::cert : &Options::key),
        " needs ", source.NameOf(cert ? &Options::key : &Options::cert),
        " beside it: a client certificate is of use only with its "
        "private key");
  }
  for (const Text field : {&Options::ca, &Options::cert, &Options::tls_name}) {
    if (!(given.*field).has_value()) continue;
    if (given.tls.has_value() && !*given.tls) {
      return Problem(source.where, source.NameOf(field), " is for TLS, which ",
                     source.NameOf(kFlagSettings[0]), " switches off");
    }
    return true;
  }
  return given.tls;
}

// Fills the fields of `connection` that concern TLS. The first of `sources` has
// the highest precedence.
absl::Status ResolveTls(const std::vector<Source>& sources,
                        Connection& connection) {
  std::optional<bool> tls;
  for (const Source& source : sources) {
    const auto wants = WantsTls(source);
    if (!wants.ok()) return wants.status();
    if (!tls.has_value()) tls = *wants;
  }
  connection.tls = tls.value_or(false);
  if (!connection.tls) return absl::OkStatus();
  const auto first = [&sources](Text field) -> std::string {
    for (const Source& source : sources) {
      if ((source.given->*field).has_value()) return *(source.given->*field);
    }
    return "";
  };
  connection.ca = first(&ConnectionOptions::ca);
  // Each source has both or neither (see WantsTls), so both values come from
  // the same source.
  connection.cert = first(&ConnectionOptions::cert);
  connection.key = first(&ConnectionOptions::key);
  connection.tls_name = first(&ConnectionOptions::tls_name);
  return absl::OkStatus();
}

// Returns the first source that gives an API key. It is an error when the
// environment gives two.
absl::StatusOr<ApiKeySource> ResolveKey(const ConnectionOptions& options,
                                        const ConnectionOptions& environment,
                                        const ConnectionOptions& entry,
                                        const std::string& entry_name) {
  if (options.api_key_file.has_value()) {
    return ApiKeySource{.file = *options.api_key_file,
                        .description = absl::StrCat(*options.api_key_file,
                                                    " (--api-key-file)")};
  }
  if (environment.api_key.has_value() && environment.api_key_file.has_value()) {
    return Problem(
        "both LINKTOR_IG_API_KEY and LINKTOR_IG_API_KEY_FILE are set: unset "
        "one of them");
  }
  if (environment.api_key.has_value()) {
    return ApiKeySource{.value = *environment.api_key,
                        .description = "LINKTOR_IG_API_KEY"};
  }
  if (environment.api_key_file.has_value()) {
    return ApiKeySource{
        .file = *environment.api_key_file,
        .description = absl::StrCat(*environment.api_key_file,
                                    " (LINKTOR_IG_API_KEY_FILE)")};
  }
  if (entry.api_key_file.has_value()) {
    return ApiKeySource{
        .file = *entry.api_key_file,
        .description = absl::StrCat(*entry.api_key_file, " (api_key_file of ",
                                    entry_name, ")")};
  }
  return ApiKeySource{};
}

// Returns the entry of the configuration file called `name`. An error begins
// with `source`, which says where the name came from.
absl::StatusOr<const ConnectionOptions*> FindEntry(const std::string& name,
                                                   const std::string& source,
                                                   const ConfigFile& file) {
  if (const auto found = file.servers.find(name); found != file.servers.end()) {
    return &found->second;
  }
  const std::string unknown = absl::StrCat(
      source, ": '", name,
      "' is not HOST:PORT or unix:PATH, and there is no server of that name");
  if (!file.exists) {
    return Problem(unknown, ": there is no configuration file ", file.path);
  }
  if (file.servers.empty()) {
    return Problem(unknown, ": ", file.path, " names none");
  }
  return Problem(
      unknown, "; ", file.path, " has ",
      absl::StrJoin(file.servers, ", ", [](std::string* out, const auto& one) {
        *out += one.first;
      }));
}

// Fills in the address of the server. Returns the entry of the file that has
// the address. Returns an empty entry when the address came from elsewhere. The
// result is valid as long as `file`.
absl::StatusOr<const ConnectionOptions*> ResolveServer(
    const ConnectionOptions& options, const ConnectionOptions& environment,
    const ConfigFile& file, Connection& connection) {
  static const ConnectionOptions kNoEntry;
  std::string server = file.default_server;
  std::string source = absl::StrCat("default in ", file.path);
  if (options.server.has_value()) {
    server = *options.server;
    source = "--server";
  } else if (environment.server.has_value()) {
    server = *environment.server;
    source = "LINKTOR_IG_SERVER";
  }
  if (server.empty()) return &kNoEntry;
  if (absl::StrContains(server, ':')) {
    if (const absl::Status address = CheckAddress(server); !address.ok()) {
      return Problem(source, ": ", address.message());
    }
    connection.address = server;
    return &kNoEntry;
  }
  const auto entry = FindEntry(server, source, file);
  if (!entry.ok()) return entry.status();
  connection.entry = server;
  connection.address = (*entry)->server.value_or("");
  return *entry;
}

}  // namespace

absl::StatusOr<ConnectionOptions> FromEnvironment(
    const Environment& environment) {
  ConnectionOptions given;
  for (const auto& setting : kTextSettings) {
    const std::optional<std::string> value = environment(setting.variable);
    if (value.has_value() && !value->empty()) given.*setting.field = *value;
  }
  for (const auto& setting : kFlagSettings) {
    const std::optional<std::string> value = environment(setting.variable);
    if (!value.has_value() || value->empty()) continue;
    const std::string lower = absl::AsciiStrToLower(*value);
    if (lower == "1" || lower == "true" || lower == "yes" || lower == "on") {
      given.*setting.field = true;
    } else if (lower == "0" || lower == "false" || lower == "no" ||
               lower == "off") {
      given.*setting.field = false;
    } else {
      return Problem(setting.variable, ": '", *value,
                     "' is neither yes nor no");
    }
  }
  return given;
}

bool NeedsConfigFile(const ConnectionOptions& options,
                     const ConnectionOptions& environment) {
  if (options.config.has_value() || environment.config.has_value()) return true;
  const auto& server =
      options.server.has_value() ? options.server : environment.server;
  return !server.has_value() || !absl::StrContains(*server, ':');
}

absl::StatusOr<Connection> Resolve(const ConnectionOptions& options,
                                   const ConnectionOptions& environment,
                                   const ConfigFile& file) {
  for (const auto& setting : kTextSettings) {
    // An empty option usually comes from a variable of a script that is not
    // set. Without this check, the option would silently mean something else.
    if (options.*setting.field == "") {
      return Problem(setting.option, " is empty");
    }
  }
  Connection connection{.address = kDefaultAddress, .config_path = file.path};
  const auto entry = ResolveServer(options, environment, file, connection);
  if (!entry.ok()) return entry.status();
  const std::string entry_name = EntryName(connection.entry, file);
  if (absl::Status status = ResolveTls(
          {{&options, Source::Kind::kOptions, ""},
           {&environment, Source::Kind::kEnvironment, ""},
           {*entry, Source::Kind::kEntry, absl::StrCat(entry_name, ": ")}},
          connection);
      !status.ok()) {
    return status;
  }
  auto key = ResolveKey(options, environment, **entry, entry_name);
  if (!key.ok()) return key.status();
  connection.api_key = *std::move(key);
  const bool unencrypted = options.send_key_unencrypted.value_or(
      environment.send_key_unencrypted.value_or(
          (*entry)->send_key_unencrypted.value_or(false)));
  if (connection.api_key.exists() && !connection.tls && !unencrypted &&
      !instagram::IsThisMachine(connection.address)) {
    return Problem("the API key of ", connection.api_key.description,
                   " would travel unencrypted to ", connection.address,
                   ", and everyone on the way could read and use it. Call the "
                   "server over TLS (--tls, or --ca FILE); where the network "
                   "itself is private, --send-key-unencrypted gives the "
                   "protection up");
  }
  return connection;
}

absl::Status CheckAddress(const std::string& address) {
  absl::string_view path = address;
  if (absl::ConsumePrefix(&path, kUnix)) {
    if (!path.empty()) return absl::OkStatus();
    return Problem("'", address, "' names no socket: give unix:PATH");
  }
  for (const absl::string_view scheme : {"http://", "https://"}) {
    if (absl::StartsWith(address, scheme)) {
      return Problem("'", address, "' is a URL: leave out ", scheme,
                     scheme == "https://" ? " and give --tls" : "");
    }
  }
  const std::size_t colon = address.rfind(':');
  int port = 0;
  if (colon != std::string::npos && colon > 0 &&
      absl::SimpleAtoi(address.substr(colon + 1), &port) && port > 0 &&
      port < 65536) {
    return absl::OkStatus();
  }
  return Problem("'", address, "' is not HOST:PORT or unix:PATH");
}

}  // namespace linktor::cli
