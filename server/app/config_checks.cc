// These checks tell what is wrong with a configuration.

#include <boost/url.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/app/config.h"
#include "server/http/listener.h"

namespace linktor::app {
namespace {

// Meta may deliver a webhook again for 36 h, and the keys that recognise a
// repeated item live as long as events; so events are kept for at least twice
// that time.
constexpr absl::Duration kLeastEventRetention = absl::Hours(72);

// Returns whether other machines can reach the address. An address that cannot
// be read is a problem of its own.
bool IsPublic(const std::string& value, const char* name,
              std::vector<std::string>& problems) {
  std::string host;
  std::uint16_t port = 0;
  if (http::SplitHostPort(value, host, port)) return !http::IsLoopback(host);
  problems.push_back(absl::StrCat(name, ": '", value,
                                  "' is not HOST:PORT, such as "
                                  "127.0.0.1:8080"));
  return false;
}

// Certificate and key must be given together, or neither.
void CheckPair(const std::string& cert, const std::string& key,
               const char* prefix, std::vector<std::string>& problems) {
  if (cert.empty() == key.empty()) return;
  problems.push_back(absl::StrCat(prefix, "-cert and ", prefix,
                                  "-key belong together; only one is given"));
}

void CheckGrpcListen(const Config& config, std::vector<std::string>& problems) {
  const Access& access = config.access;
  if (config.grpc_listen.starts_with("unix:")) {
    if (UnixPathOf(config.grpc_listen).empty()) {
      problems.emplace_back("grpc-listen: unix: lacks the path of the socket");
    }
    return;
  }
  if (!IsPublic(config.grpc_listen, "grpc-listen", problems)) return;
  const std::string why = absl::StrCat("grpc-listen: other machines can reach ",
                                       config.grpc_listen);
  if (!access.keys && !access.allow_grpc_without_keys) {
    problems.push_back(absl::StrCat(
        why,
        ", so callers need API keys: give --auth keys, or "
        "--allow-grpc-without-keys if something else authenticates them"));
  }
  if (access.grpc_tls_cert.empty() && !access.allow_grpc_without_tls) {
    problems.push_back(absl::StrCat(
        why,
        ", so it needs TLS: give --grpc-tls-cert and --grpc-tls-key, or "
        "--allow-grpc-without-tls if something else encrypts it"));
  }
}

void CheckAccess(const Config& config, std::vector<std::string>& problems) {
  const Access& access = config.access;
  CheckGrpcListen(config, problems);
  CheckPair(access.grpc_tls_cert, access.grpc_tls_key, "grpc-tls", problems);
  CheckPair(access.webhook_tls_cert, access.webhook_tls_key, "webhook-tls",
            problems);
  if (!access.grpc_tls_client_ca.empty() && access.grpc_tls_cert.empty()) {
    problems.emplace_back(
        "grpc-tls-client-ca needs grpc-tls-cert and grpc-tls-key: without TLS "
        "no client shows a certificate");
  }
  if (IsPublic(config.webhook_listen, "webhook-listen", problems) &&
      access.webhook_tls_cert.empty() && !access.allow_webhook_without_tls) {
    problems.push_back(absl::StrCat(
        "webhook-listen: other machines can reach ", config.webhook_listen,
        ", so it needs TLS: give --webhook-tls-cert and --webhook-tls-key, or "
        "--allow-webhook-without-tls if a proxy encrypts it"));
  }
  if (IsPublic(config.admin_listen, "admin-listen", problems) &&
      !access.allow_admin_from_other_machines) {
    problems.push_back(absl::StrCat(
        "admin-listen: other machines can reach ", config.admin_listen,
        ", and nothing protects it: give --allow-admin-from-other-machines if "
        "that is meant"));
  }
  if (!access.keys && !access.bootstrap_key_file.empty()) {
    problems.emplace_back(
        "bootstrap-key-file needs auth = keys: without it no key is asked for");
  }
}

void CheckGraphUrl(const std::string& value, const char* name,
                   std::vector<std::string>& problems) {
  const auto url = boost::urls::parse_uri(value);
  // A user in the URL is refused: parsers differ on which side of an "@" the
  // host is, and the other side may look like a loopback address. So they do on
  // 127.0.0.1.example.com: this one takes what follows the address as a path.
  if (!url.has_value() || url->host().empty() ||
      value.find('@') != std::string::npos ||
      !(url->encoded_path().empty() || url->encoded_path().starts_with('/')) ||
      (url->scheme() != "https" && url->scheme() != "http") ||
      value.ends_with('/')) {
    problems.push_back(
        absl::StrCat(name, ": '", value,
                     "' is not a URL such as https://graph.example.com"));
  } else if (url->scheme() == "http" &&
             !http::IsLoopback(url->host_address())) {
    problems.push_back(absl::StrCat(
        name,
        ": plain http only to a loopback address; tokens would travel "
        "unencrypted"));
  }
}

}  // namespace

std::string UnixPathOf(const std::string& listen) {
  constexpr std::string_view kScheme = "unix:";
  return listen.starts_with(kScheme) ? listen.substr(kScheme.size()) : "";
}

std::vector<std::string> CheckConfig(const Config& config) {
  std::vector<std::string> problems;
  if (config.data_dir.empty()) {
    problems.emplace_back(
        "data-dir is required: the folder for everything kept");
  }
  if (config.master_key_file.empty()) {
    problems.emplace_back(
        "master-key-file is required: 32 random bytes as 64 hex digits");
  }
  CheckAccess(config, problems);
  CheckGraphUrl(config.graph.facebook, "graph-facebook-url", problems);
  CheckGraphUrl(config.graph.instagram, "graph-instagram-url", problems);
  const auto positive = [&](std::int64_t value, const char* name) {
    if (value < 1) problems.push_back(absl::StrCat(name, " must be positive"));
  };
  positive(config.webhook_max_body, "webhook-max-body");
  positive(config.webhook_max_in_flight, "webhook-max-in-flight");
  positive(config.webhook_threads, "webhook-threads");
  positive(config.max_connections, "max-connections");
  positive(config.max_connections_per_address, "max-connections-per-address");
  positive(config.max_subscribers, "max-subscribers");
  positive(config.max_streams_per_key, "max-streams-per-key");
  positive(config.max_calls_per_key, "max-calls-per-key");
  if (config.sends_per_user_hour < 0) {
    problems.emplace_back("sends-per-user-hour must not be negative");
  }
  if (config.event_retention < kLeastEventRetention) {
    problems.emplace_back(
        "event-retention must be at least 72h: Meta may deliver a webhook "
        "again for 36 hours, and only kept events recognise it");
  }
  if (config.raw_retention < absl::ZeroDuration()) {
    problems.emplace_back("raw-retention must not be negative");
  }
  if (config.message_retention < config.event_retention) {
    problems.emplace_back(
        "message-retention must not be shorter than event-retention: the "
        "events of a send are found by it");
  }
  if (config.message_grace < absl::Minutes(2) ||
      config.message_grace > absl::Hours(72)) {
    problems.emplace_back(
        "message-grace must be from 2m to 72h: a send may take 90 s, and its "
        "edit comes before its outcome");
  }
  if (config.raw_max_bytes < 0) {
    problems.emplace_back("raw-max-bytes must not be negative");
  }
  return problems;
}

}  // namespace linktor::app
