// This file adds the options that every command has.

#include <cstdint>

#include "client/cli/commands.h"

namespace linktor::cli {

void AddGlobalOptions(CLI::App& app, Session::Options& options) {
  ConnectionOptions& connection = options.connection;
  // These options have no default values. When an option is not given, the
  // environment and the configuration file decide.
  app.add_option("--server", connection.server,
                 "HOST:PORT or unix:PATH of the server, or its name in the "
                 "configuration file; by default 127.0.0.1:50051");
  app.add_option("--config", connection.config,
                 "configuration file, also LINKTOR_IG_CLI_CONFIG");
  // Functions set the flags, because CLI11 itself would set a flag to false
  // when it is not given.
  app.add_flag_function(
      "--tls,!--no-tls",
      [&connection](std::int64_t count) { connection.tls = count > 0; },
      "encrypt; the server's certificate is checked against the roots "
      "of the system");
  app.add_option("--ca", connection.ca,
                 "PEM file of the roots to check it against; implies --tls");
  app.add_option("--cert", connection.cert,
                 "PEM file of the client certificate to show; implies --tls");
  app.add_option("--key", connection.key,
                 "PEM file of the private key of --cert (not the API key)");
  app.add_option("--tls-name", connection.tls_name,
                 "name that the server's certificate must have, when it is not "
                 "that of --server; implies --tls");
  app.add_option("--api-key-file", connection.api_key_file,
                 "file with the API key to send");
  app.add_flag_function(
      "--send-key-unencrypted",
      [&connection](std::int64_t count) {
        connection.send_key_unencrypted = count > 0;
      },
      "send the API key without TLS to another machine, where everyone "
      "on the way can read it");
  app.add_option(
         "--timeout", options.timeout_s,
         "seconds for a call; by default 120 for sends with media, else 35")
      ->check(CLI::Range(1, 3600));
  app.add_flag("--json", options.json,
               "print proto3 JSON, one object a line, also for errors");
}

}  // namespace linktor::cli
