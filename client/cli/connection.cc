#include "client/cli/connection.h"

#include <optional>
#include <utility>

#include "client/cli/config_file.h"

namespace linktor::cli {

absl::StatusOr<Connection> LoadConnection(const ConnectionOptions& options,
                                          const Environment& environment) {
  const auto variables = FromEnvironment(environment);
  if (!variables.ok()) return variables.status();
  const std::optional<std::string> named =
      options.config.has_value() ? options.config : variables->config;
  ConfigFile file{.path = named.value_or(DefaultConfigPath(environment))};
  if (NeedsConfigFile(options, *variables)) {
    auto read = ReadConfigFile(file.path, named.has_value());
    if (!read.ok()) return read.status();
    file = *std::move(read);
  }
  return Resolve(options, *variables, file);
}

absl::StatusOr<std::unique_ptr<instagram::Client>> OpenClient(
    const Connection& connection, const std::string& api_key) {
  instagram::ClientOptions options{.address = connection.address,
                                   .api_key = api_key};
  if (connection.tls) {
    options.tls = instagram::TlsOptions{.ca_file = connection.ca,
                                        .cert_file = connection.cert,
                                        .key_file = connection.key,
                                        .server_name = connection.tls_name};
  } else {
    // If there is an API key, Resolve() has checked that it may be sent
    // unencrypted to this address.
    options.plaintext_to_other_machines = true;
  }
  auto client = instagram::Client::Create(options);
  if (!client) return absl::InvalidArgumentError(client.error().message);
  return *std::move(client);
}

}  // namespace linktor::cli
