// What the server is told: by flags, LINKTOR_IG_… environment variables and a
// TOML file, in this order of precedence.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/log.h"
#include "server/graph/account.h"

namespace linktor {

struct Config {
  std::string data_dir;
  std::string master_key_file;
  std::string grpc_listen = "127.0.0.1:50051";
  std::string webhook_listen = "127.0.0.1:8080";
  std::string admin_listen = "127.0.0.1:9090";
  GraphHosts graph;
  // Proxy for calls to Meta; empty for none.
  std::string graph_proxy;
  LogLevel log_level = LogLevel::kInfo;
  // Bytes of one webhook body, and of all that are not answered yet.
  std::int64_t webhook_max_body = 16 * 1024 * 1024;
  std::int64_t webhook_max_in_flight = 256 * 1024 * 1024;
  int webhook_threads = 1;
  int max_subscribers = 20'000;
  // Most messages to one customer within an hour; 0 for any number. The page
  // that this server keeps to says 200 calls per user and hour.
  int sends_per_user_hour = 200;
  absl::Duration event_retention = absl::Hours(90 * 24);
  absl::Duration raw_retention = absl::Hours(7 * 24);
  std::int64_t raw_max_bytes = 1024LL * 1024 * 1024;
};

struct CommandLine {
  Config config;
  // "linktor-igd check": say whether the configuration is good, and end.
  bool check_only = false;
  // Set: print this and end with `exit_code` (help, version, a bad option).
  std::string message;
  int exit_code = 0;
  bool done = false;
};

// Reads all three sources. INVALID_ARGUMENT with every problem, one a line.
absl::StatusOr<CommandLine> ReadCommandLine(int argc, const char* const* argv);

// What is wrong with the values, one sentence each; empty when nothing is.
std::vector<std::string> CheckConfig(const Config& config);

}  // namespace linktor
