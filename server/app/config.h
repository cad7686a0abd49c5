// Reads the configuration from three sources: flags, LINKTOR_IG_… environment
// variables, and a TOML file. A flag wins over a variable, and a variable wins
// over the file. The function main reads the configuration at start, and again
// on each SIGHUP. A Config is a plain value: each component gets a copy of the
// settings that it needs. The comments here give units; docs/operations.md says
// when to change a setting.

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

// An Access says who may call the server, and how connections are protected. On
// a loopback address and on a Unix socket no protection is required. On any
// other address the server requires protection, such as API keys and TLS, or it
// does not start. An operator can switch off each requirement with an option.
struct Access {
  // It is true when callers need an API key.
  bool keys = false;
  // The server writes the first API key into this file (see
  // access/bootstrap.h). When the name is empty, the server makes no key.
  std::string bootstrap_key_file;
  // These are the names of PEM files. A certificate and its private key must be
  // given together. When both names are empty, the port has no TLS.
  std::string grpc_tls_cert;
  std::string grpc_tls_key;
  // When this file is given, each gRPC client needs a certificate that a CA in
  // this file has signed.
  std::string grpc_tls_client_ca;
  std::string webhook_tls_cert;
  std::string webhook_tls_key;
  // Each of these options switches off one requirement, and its name says which
  // one.
  bool allow_grpc_without_keys = false;
  bool allow_grpc_without_tls = false;
  bool allow_webhook_without_tls = false;
  bool allow_admin_from_other_machines = false;
  bool allow_core_dumps = false;
};

// The defaults are right for a server on one machine, whose callers run on the
// same machine.
struct Config {
  // These two settings are required. They have no default, because no path is
  // right on every machine.
  std::string data_dir;
  std::string master_key_file;
  // An address is HOST:PORT. grpc_listen may also be unix:PATH, which means a
  // Unix socket. With port 0 the server takes a free port.
  std::string grpc_listen = "127.0.0.1:50051";
  std::string webhook_listen = "127.0.0.1:8080";
  std::string admin_listen = "127.0.0.1:9090";
  Access access;
  // These are the base URLs of Meta's API. Tests and the demo set them to the
  // emulator.
  graph::GraphHosts graph;
  // This is the URL of a proxy for calls to Meta. An empty text means that
  // there is no proxy.
  std::string graph_proxy;
  LogLevel log_level = LogLevel::kInfo;
  // webhook_max_body is the maximum size of one webhook body, in bytes. A
  // larger body is answered with 413. webhook_max_in_flight is the maximum size
  // of all bodies together that are not answered yet, in bytes. It bounds the
  // server's memory: above this limit a webhook is answered with 503, and Meta
  // delivers it again later.
  std::int64_t webhook_max_body = 16 * 1024 * 1024;
  std::int64_t webhook_max_in_flight = 256 * 1024 * 1024;
  // This is the number of threads that read requests, check signatures, parse
  // bodies and seal (encrypt) their content.
  int webhook_threads = 1;
  // When it is true, a connection to the webhook port must begin with a header
  // of the PROXY protocol. A connection without this header is closed.
  bool webhook_proxy_protocol = false;
  // A proxy at one of these addresses may say, in the header X-Forwarded-For,
  // from which address a request comes. The server uses the address of the
  // header only in its log.
  std::vector<http::IpNetwork> trusted_proxies;
  // The gRPC port and the webhook port may each have this many connections.
  int max_connections = 10'000;
  // On each port, at most this many connections may come from one address, so
  // that one client cannot take all connections.
  int max_connections_per_address = 1'000;
  // All callers together may have this many streams open.
  int max_subscribers = 20'000;
  // These are the maximum numbers of streams and of unary calls that one API
  // key may have under way at once.
  int max_streams_per_key = 1'000;
  int max_calls_per_key = 5'000;
  // At most this many messages are sent to one customer within an hour; 0 means
  // any number. The default comes from Linktor's page on Instagram
  // (docs/seed.md), which says 200 calls per user and hour.
  int sends_per_user_hour = 200;
  // Events are kept for event_retention, which is at least 72 h. Webhook items
  // in the form in which they were received are kept for raw_retention. They
  // are deleted earlier when event_retention is shorter, or when together they
  // take more than raw_max_bytes (below).
  absl::Duration event_retention = absl::Hours(90 * 24);
  absl::Duration raw_retention = absl::Hours(7 * 24);
  // Sends that have ended are kept for this long. The time must not be shorter
  // than event_retention.
  absl::Duration message_retention = absl::Hours(365 * 24);
  // An edit with the number 0 waits this long for the message to which it
  // belongs (see webhook/waiting_items.h).
  absl::Duration message_grace = absl::Minutes(5);
  std::int64_t raw_max_bytes = 1024LL * 1024 * 1024;
};

// A Command says what the program must do.
enum class Command : std::int8_t {
  kServe,
  // The program says whether the configuration is good, and ends.
  kCheck,
  // The program makes a backup of the data folder, whether a server uses the
  // folder or not.
  kBackup,
  // The program makes a data folder from a backup.
  kRestore,
};

// A CommandLine holds everything that was read from the three sources: flags,
// environment variables and the file.
struct CommandLine {
  Config config;
  // Maps the name of each setting, such as "log-level", to its value as text. A
  // setting that none of the three sources gives is not in the map. A reload
  // compares two such maps to find the settings that have changed.
  std::map<std::string, std::string> values;
  Command command = Command::kServe;
  // These are folders of a backup: kBackup writes a backup into `to`, and
  // kRestore reads the backup in `from`.
  std::string to;
  std::string from;
  // When `done` is true, the program only prints `message` and ends. The
  // message is the help, the version, or a sentence about a bad option. The
  // program's exit status is then 0 when `exit_code` is 0, and
  // kExitBadConfiguration (commands.h) otherwise.
  std::string message;
  int exit_code = 0;
  bool done = false;
};

// Reads all three sources and checks the values. Fails with INVALID_ARGUMENT
// and all problems, one on each line, so that an operator can correct all of
// them at once. A command line that cannot be parsed is no failure: then `done`
// is set. The function reads the configuration file, but opens no file that a
// setting names.
absl::StatusOr<CommandLine> ReadCommandLine(int argc, const char* const* argv);

// A ConfigChanges has the names of the settings whose values differ between two
// configurations.
struct ConfigChanges {
  // Changes of these settings come into force when the server reads its
  // configuration again (reload.h).
  std::vector<std::string> taken;
  // Changes of these settings come into force only when the server is
  // restarted.
  std::vector<std::string> waiting;
};
// Compares the values as texts, in the form in which they were written. Both
// lists of the result are sorted.
ConfigChanges CompareConfigs(const CommandLine& before,
                             const CommandLine& after);

// Returns what is wrong with the values, one sentence for each problem. The
// list is empty when all values are good. The function looks only at the
// values; CheckHost (check.h) examines the machine.
std::vector<std::string> CheckConfig(const Config& config);

// Returns PATH when `listen` is "unix:PATH". Otherwise it returns an empty
// text.
std::string UnixPathOf(const std::string& listen);

}  // namespace linktor::app
