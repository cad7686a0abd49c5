// The configuration comes from flags, LINKTOR_IG_… environment variables and a
// TOML file, in this order of precedence. main reads it once, and again on
// SIGHUP. A Config is a value: whoever needs a part of it gets a copy at its
// start. The comments here give units; docs/operations.md says when to change a
// setting.

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

namespace linktor::app {

// An Access says who may call, and how connections are protected. On a loopback
// address and on a Unix socket nothing is required; elsewhere each requirement
// can be waived by the option that says what is given up.
struct Access {
  // Callers need an API key.
  bool keys = false;
  // The first key is written into this file; with an empty name none is made.
  std::string bootstrap_key_file;
  // These name PEM files. A certificate and its key come together; empty names
  // mean no TLS.
  std::string grpc_tls_cert;
  std::string grpc_tls_key;
  // With this file clients need a certificate that one of those in it has
  // signed.
  std::string grpc_tls_client_ca;
  std::string webhook_tls_cert;
  std::string webhook_tls_key;
  // Each of these gives up a requirement, and says so in its name.
  bool allow_grpc_without_keys = false;
  bool allow_grpc_without_tls = false;
  bool allow_webhook_without_tls = false;
  bool allow_admin_from_other_machines = false;
  bool allow_core_dumps = false;
};

// The defaults are those of a server on one machine, for callers on that
// machine.
struct Config {
  // Both are required; they have no default that would be right anywhere.
  std::string data_dir;
  std::string master_key_file;
  // Addresses are HOST:PORT; the first may also be unix:PATH for a Unix socket.
  // Port 0 takes a free one.
  std::string grpc_listen = "127.0.0.1:50051";
  std::string webhook_listen = "127.0.0.1:8080";
  std::string admin_listen = "127.0.0.1:9090";
  Access access;
  // These are the base URLs of Meta's API; tests and the demo name the
  // emulator.
  graph::GraphHosts graph;
  // The URL of a proxy for calls to Meta; empty for none.
  std::string graph_proxy;
  LogLevel log_level = LogLevel::kInfo;
  // Bytes: of one webhook body, and of all bodies that are not answered yet.
  // The second bounds the server's memory; above it a webhook gets 503, and
  // Meta delivers again.
  std::int64_t webhook_max_body = 16 * 1024 * 1024;
  std::int64_t webhook_max_in_flight = 256 * 1024 * 1024;
  // These threads read requests, check signatures, parse and seal.
  int webhook_threads = 1;
  // With it, connections to the webhook port begin with a header of the PROXY
  // protocol, and one without it is closed.
  bool webhook_proxy_protocol = false;
  // Peers at these addresses may say by X-Forwarded-For whom a request is from;
  // the log alone uses that.
  std::vector<http::IpNetwork> trusted_proxies;
  // The gRPC port and the webhook port may each have so many connections.
  int max_connections = 10'000;
  // At most so many of these may come from one address, so that one client
  // cannot take them all.
  int max_connections_per_address = 1'000;
  // All callers together may have so many streams open.
  int max_subscribers = 20'000;
  // One API key may have this much under way at once.
  int max_streams_per_key = 1'000;
  int max_calls_per_key = 5'000;
  // At most so many messages go to one customer within an hour; 0 for any
  // number. The page that this server keeps to says 200 calls per user and
  // hour.
  int sends_per_user_hour = 200;
  // Events are kept for so long, at least 72 h; items as received for the
  // shorter time, and until they take so many bytes.
  absl::Duration event_retention = absl::Hours(90 * 24);
  absl::Duration raw_retention = absl::Hours(7 * 24);
  // Sends that have ended are kept for so long, at least as long as events.
  absl::Duration message_retention = absl::Hours(365 * 24);
  // An edit numbered 0 waits for its message for so long.
  absl::Duration message_grace = absl::Minutes(5);
  std::int64_t raw_max_bytes = 1024LL * 1024 * 1024;
};

// A Command says what the program is to do.
enum class Command : std::int8_t {
  kServe,
  // It says whether the configuration is good.
  kCheck,
  // It copies the data folder's log into a folder, while a server uses it or
  // not.
  kBackup,
  // It makes a data folder from a backup.
  kRestore,
};

// A CommandLine is everything that was read from the three sources.
struct CommandLine {
  Config config;
  // Maps the name of each setting ("log-level") to its value as text; settings
  // at their defaults are missing. A reload compares these to find what has
  // changed.
  std::map<std::string, std::string> values;
  Command command = Command::kServe;
  // These are the backup's folder: kBackup makes it at `to`, and kRestore finds
  // it at `from`.
  std::string to;
  std::string from;
  // When `done` is set, the program prints this and ends with `exit_code`:
  // help, the version, or a bad option.
  std::string message;
  int exit_code = 0;
  bool done = false;
};

// Reads all three sources and checks the values. It fails with INVALID_ARGUMENT
// and every problem, one a line, so that nobody has to start the program once
// for each. It reads the file, and opens nothing that the settings name.
absl::StatusOr<CommandLine> ReadCommandLine(int argc, const char* const* argv);

// A ConfigChanges says in which settings two configurations differ, by their
// names.
struct ConfigChanges {
  // These are in force as soon as the configuration is read again.
  std::vector<std::string> taken;
  // These need a restart.
  std::vector<std::string> waiting;
};
// Compares the values as they were written; both lists are sorted.
ConfigChanges CompareConfigs(const CommandLine& before,
                             const CommandLine& after);

// Returns what is wrong with the values, one sentence each; empty when all are
// good. It looks at the values alone: CheckHost tries the machine.
std::vector<std::string> CheckConfig(const Config& config);

// Returns the path of "unix:PATH"; empty for any other text.
std::string UnixPathOf(const std::string& listen);

}  // namespace linktor::app
