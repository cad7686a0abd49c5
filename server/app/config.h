// The configuration comes from flags, LINKTOR_IG_… environment variables and a
// TOML file, in this order of precedence.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/log.h"
#include "server/graph/account.h"
#include "server/http/peer_address.h"

namespace linktor {

// This says who may call, and how connections are protected. On a loopback
// address and on a Unix socket nothing is required; elsewhere each requirement
// can be waived by the option that says what is given up.
struct Access {
  // Whether callers need an API key.
  bool keys = false;
  // Where the first key is written; empty: nowhere.
  std::string bootstrap_key_file;
  // PEM files. Certificate and key come together.
  std::string grpc_tls_cert;
  std::string grpc_tls_key;
  // With it clients need a certificate that one of these has signed.
  std::string grpc_tls_client_ca;
  std::string webhook_tls_cert;
  std::string webhook_tls_key;
  bool allow_grpc_without_keys = false;
  bool allow_grpc_without_tls = false;
  bool allow_webhook_without_tls = false;
  bool allow_admin_from_other_machines = false;
  bool allow_core_dumps = false;
};

struct Config {
  std::string data_dir;
  std::string master_key_file;
  // HOST:PORT, or unix:PATH for a Unix socket.
  std::string grpc_listen = "127.0.0.1:50051";
  std::string webhook_listen = "127.0.0.1:8080";
  std::string admin_listen = "127.0.0.1:9090";
  Access access;
  GraphHosts graph;
  // Proxy for calls to Meta; empty for none.
  std::string graph_proxy;
  LogLevel log_level = LogLevel::kInfo;
  // Bytes of one webhook body, and of all that are not answered yet.
  std::int64_t webhook_max_body = 16 * 1024 * 1024;
  std::int64_t webhook_max_in_flight = 256 * 1024 * 1024;
  int webhook_threads = 1;
  // Connections to the webhook port begin with a header of the PROXY protocol.
  bool webhook_proxy_protocol = false;
  // These may say by X-Forwarded-For whom a webhook request is from.
  std::vector<IpNetwork> trusted_proxies;
  // Connections of the gRPC port, and the same number of the webhook port.
  int max_connections = 10'000;
  // How many of them may come from one address.
  int max_connections_per_address = 1'000;
  int max_subscribers = 20'000;
  // One API key may have this much under way at once.
  int max_streams_per_key = 1'000;
  int max_calls_per_key = 5'000;
  // Most messages to one customer within an hour; 0 for any number. The page
  // that this server keeps to says 200 calls per user and hour.
  int sends_per_user_hour = 200;
  absl::Duration event_retention = absl::Hours(90 * 24);
  absl::Duration raw_retention = absl::Hours(7 * 24);
  std::int64_t raw_max_bytes = 1024LL * 1024 * 1024;
};

// What the program is to do.
enum class Command : std::int8_t {
  kServe,
  // Say whether the configuration is good.
  kCheck,
  // Copy the data folder's log into a folder, while a server uses it or not.
  kBackup,
  // Make a data folder of a backup.
  kRestore,
};

struct CommandLine {
  Config config;
  // Maps the name of each setting ("log-level") to its value as text; settings
  // at their defaults are missing. A reload compares these to find what has
  // changed.
  std::map<std::string, std::string> values;
  Command command = Command::kServe;
  // The backup's folder: where kBackup makes it, and where kRestore finds it.
  std::string to;
  std::string from;
  // Set: print this and end with `exit_code` (help, version, a bad option).
  std::string message;
  int exit_code = 0;
  bool done = false;
};

// Reads all three sources. INVALID_ARGUMENT with every problem, one a line.
absl::StatusOr<CommandLine> ReadCommandLine(int argc, const char* const* argv);

// Says in which settings two configurations differ, and what becomes of each.
struct ConfigChanges {
  // These are in force as soon as the configuration is read again.
  std::vector<std::string> taken;
  // These need a restart.
  std::vector<std::string> waiting;
};
ConfigChanges CompareConfigs(const CommandLine& before,
                             const CommandLine& after);

// Tells what is wrong with the values, one sentence each; empty when nothing
// is.
std::vector<std::string> CheckConfig(const Config& config);

// Returns the path of "unix:PATH"; empty for anything else.
std::string UnixPathOf(const std::string& listen);

}  // namespace linktor
