#include "client/cli/connection.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/arguments.h"
#include "client/cli/config_file.h"

namespace linktor::cli {
namespace {

// It is less than the first step of Backoff.
constexpr int kReconnectMs = 200;

// Returns the empty text for no path. `sign` stands in every such file.
absl::StatusOr<std::string> ReadPem(const std::string& path, const char* sign) {
  if (path.empty()) return std::string();
  absl::StatusOr<std::string> pem = ReadFile(path);
  if (pem.ok() && !absl::StrContains(*pem, sign)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is not a PEM file with \"", sign, "\" in it"));
  }
  return pem;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const Connection& connection) {
  if (!connection.tls) return grpc::InsecureChannelCredentials();
  const auto ca = ReadPem(connection.ca, "-----BEGIN CERTIFICATE-----");
  if (!ca.ok()) return ca.status();
  const auto cert = ReadPem(connection.cert, "-----BEGIN CERTIFICATE-----");
  if (!cert.ok()) return cert.status();
  const auto key = ReadPem(connection.key, "PRIVATE KEY-----");
  if (!key.ok()) return key.status();
  // Without roots gRPC takes those of the system.
  return grpc::SslCredentials({.pem_root_certs = *ca,
                               .pem_private_key = *key,
                               .pem_cert_chain = *cert});
}

}  // namespace

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

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const Connection& connection) {
  const auto credentials = CredentialsOf(connection);
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments;
  // The server is in the operator's own network, whatever the environment
  // says about proxies.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // gRPC by itself would come to try every two minutes only; how long to
  // wait for a server that is away is Backoff's to say.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMs);
  if (!connection.tls_name.empty()) {
    arguments.SetSslTargetNameOverride(connection.tls_name);
  }
  return grpc::CreateCustomChannel(connection.address, *credentials, arguments);
}

}  // namespace linktor::cli
