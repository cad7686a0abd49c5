#include "server/app/config.h"

#include <toml++/toml.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <functional>
#include <sstream>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/base/strings.h"

namespace linktor::app {
namespace {

// Reads the value of a setting.
struct Reader {
  // Returns false when the text is not a value for the setting.
  std::function<bool(const std::string&)> set;
  // Names the good values in a sentence: "it takes …".
  const char* values;
};

// A Setting has three names: --data-dir, LINKTOR_IG_DATA_DIR and data_dir.
struct Setting {
  const char* flag;
  const char* description;
  Reader reader;
  std::string fallback;
  // The name of the flag alone means "true".
  bool flag_alone = false;
};

Reader Text(std::string& target) {
  return {[&target](const std::string& text) {
            target = text;
            return true;
          },
          "a text"};
}

template <typename Int>
Reader Number(Int& target) {
  return {[&target](const std::string& text) {
            return absl::SimpleAtoi(text, &target);
          },
          "a whole number"};
}

// Takes "90d" and every text that absl::ParseDuration takes.
bool ParseAge(const std::string& text, absl::Duration& out) {
  std::int64_t days = 0;
  if (!text.empty() && text.back() == 'd' &&
      absl::SimpleAtoi(text.substr(0, text.size() - 1), &days)) {
    out = absl::Hours(24 * days);
    return true;
  }
  return absl::ParseDuration(text, &out);
}

Reader Age(absl::Duration& target) {
  return {[&target](const std::string& text) { return ParseAge(text, target); },
          "a duration such as 90d, 24h or 30m"};
}

Reader Flag(bool& target) {
  return {[&target](const std::string& text) {
            if (text != "true" && text != "false") return false;
            target = text == "true";
            return true;
          },
          "true or false"};
}

Reader Networks(std::vector<http::IpNetwork>& target) {
  return {[&target](const std::string& text) {
            target.clear();
            for (const absl::string_view one :
                 absl::StrSplit(text, ',', absl::SkipWhitespace())) {
              const auto network = http::IpNetwork::Parse(
                  ToStd(absl::StripAsciiWhitespace(one)));
              if (!network.has_value()) return false;
              target.push_back(*network);
            }
            return true;
          },
          "addresses such as 10.0.0.0/8 or ::1, with commas between them"};
}

Reader Authentication(bool& keys) {
  return {[&keys](const std::string& text) {
            if (text != "none" && text != "keys") return false;
            keys = text == "keys";
            return true;
          },
          "none or keys"};
}

Reader Level(LogLevel& target) {
  return {[&target](const std::string& text) {
            if (text == "debug") return target = LogLevel::kDebug, true;
            if (text == "info") return target = LogLevel::kInfo, true;
            if (text == "warning") return target = LogLevel::kWarning, true;
            if (text == "error") return target = LogLevel::kError, true;
            return false;
          },
          "debug, info, warning or error"};
}

std::vector<Setting> AccessSettingsOf(Access& access) {
  return {
      {"auth", "none, or keys: callers need an API key",
       Authentication(access.keys), "none"},
      {"bootstrap-key-file",
       "where a key that manages access is written while there is none",
       Text(access.bootstrap_key_file), ""},
      {"grpc-tls-cert", "PEM file: certificate chain of the gRPC port",
       Text(access.grpc_tls_cert), ""},
      {"grpc-tls-key", "PEM file: its private key", Text(access.grpc_tls_key),
       ""},
      {"grpc-tls-client-ca",
       "PEM file: clients need a certificate signed by one of these",
       Text(access.grpc_tls_client_ca), ""},
      {"webhook-tls-cert", "PEM file: certificate chain of the webhook port",
       Text(access.webhook_tls_cert), ""},
      {"webhook-tls-key", "PEM file: its private key",
       Text(access.webhook_tls_key), ""},
      {"allow-grpc-without-keys",
       "let every machine that reaches the gRPC port do everything",
       Flag(access.allow_grpc_without_keys), "false", true},
      {"allow-grpc-without-tls",
       "leave the gRPC port unencrypted, for instance behind a mesh",
       Flag(access.allow_grpc_without_tls), "false", true},
      {"allow-webhook-without-tls",
       "leave the webhook port unencrypted, for instance behind a proxy",
       Flag(access.allow_webhook_without_tls), "false", true},
      {"allow-admin-from-other-machines",
       "show metrics and readiness to every machine that reaches the port",
       Flag(access.allow_admin_from_other_machines), "false", true},
      {"allow-core-dumps",
       "let keys and texts in memory reach core files and debuggers",
       Flag(access.allow_core_dumps), "false", true},
  };
}

std::vector<Setting> SettingsOf(Config& config) {
  std::vector<Setting> settings = {
      {"data-dir", "folder for everything the server keeps",
       Text(config.data_dir), ""},
      {"master-key-file", "file with 32 bytes as 64 hex digits",
       Text(config.master_key_file), ""},
      {"grpc-listen",
       "HOST:PORT of the gRPC port, or unix:PATH; an address that is not "
       "loopback needs --auth keys and TLS",
       Text(config.grpc_listen), config.grpc_listen},
      {"webhook-listen",
       "HOST:PORT of the webhook port; an address that is not loopback needs "
       "TLS",
       Text(config.webhook_listen), config.webhook_listen},
      {"admin-listen", "HOST:PORT of /healthz, /readyz and /metrics",
       Text(config.admin_listen), config.admin_listen},
      {"graph-facebook-url", "Meta's API for Facebook Login",
       Text(config.graph.facebook), config.graph.facebook},
      {"graph-instagram-url", "Meta's API for Instagram Login",
       Text(config.graph.instagram), config.graph.instagram},
      {"graph-proxy", "proxy URL for calls to Meta", Text(config.graph_proxy),
       "none"},
      {"log-level", "debug, info, warning or error", Level(config.log_level),
       "info"},
      {"webhook-max-body", "bytes of one webhook body",
       Number(config.webhook_max_body),
       std::to_string(config.webhook_max_body)},
      {"webhook-max-in-flight", "bytes of all webhook bodies not answered yet",
       Number(config.webhook_max_in_flight),
       std::to_string(config.webhook_max_in_flight)},
      {"webhook-threads", "threads of the webhook port",
       Number(config.webhook_threads), std::to_string(config.webhook_threads)},
      {"webhook-proxy-protocol",
       "connections to the webhook port begin with a PROXY protocol header",
       Flag(config.webhook_proxy_protocol), "false", true},
      {"trusted-proxies",
       "addresses, such as 10.0.0.0/8, with commas, whose X-Forwarded-For is "
       "believed in logs",
       Networks(config.trusted_proxies), "none"},
      {"max-connections", "connections of the gRPC and of the webhook port",
       Number(config.max_connections), std::to_string(config.max_connections)},
      {"max-connections-per-address", "how many of these one address may have",
       Number(config.max_connections_per_address),
       std::to_string(config.max_connections_per_address)},
      {"max-subscribers", "event streams at once",
       Number(config.max_subscribers), std::to_string(config.max_subscribers)},
      {"max-streams-per-key", "event streams of one API key at once",
       Number(config.max_streams_per_key),
       std::to_string(config.max_streams_per_key)},
      {"max-calls-per-key", "calls of one API key at once",
       Number(config.max_calls_per_key),
       std::to_string(config.max_calls_per_key)},
      {"sends-per-user-hour",
       "most messages to one customer within an hour; 0 for any number",
       Number(config.sends_per_user_hour),
       std::to_string(config.sends_per_user_hour)},
      {"event-retention", "how long events are kept, such as 90d; at least 72h",
       Age(config.event_retention), "90d"},
      {"raw-retention", "how long webhook items are kept as received",
       Age(config.raw_retention), "7d"},
      {"message-retention",
       "how long messages that were sent are kept; at least as long as events",
       Age(config.message_retention), "365d"},
      {"message-grace",
       "how long an edit numbered 0 waits for its message before it is told",
       Age(config.message_grace), "5m"},
      {"raw-max-bytes", "most bytes of webhook items kept as received",
       Number(config.raw_max_bytes), std::to_string(config.raw_max_bytes)},
  };
  std::vector<Setting> access = AccessSettingsOf(config.access);
  settings.insert(settings.end(), std::make_move_iterator(access.begin()),
                  std::make_move_iterator(access.end()));
  return settings;
}

std::string Replace(std::string text, char from, char to) {
  std::replace(text.begin(), text.end(), from, to);
  return text;
}

std::string KeyOf(const Setting& setting) {
  return Replace(setting.flag, '-', '_');
}

std::string EnvironmentOf(const Setting& setting) {
  std::string name = KeyOf(setting);
  for (char& c : name) c = static_cast<char>(std::toupper(c));
  return "LINKTOR_IG_" + name;
}

std::string TextOf(const toml::node& node) {
  if (const auto text = node.value<std::string>()) return *text;
  std::ostringstream out;
  node.visit([&out](const auto& value) { out << value; });
  return out.str();
}

std::string NoValue(const std::string& text, const std::string& name,
                    const Setting& setting) {
  return absl::StrCat("'", text, "' is not a value for ", name, "; it takes ",
                      setting.reader.values);
}

void ReadFile(const std::string& path, const std::vector<Setting>& settings,
              std::map<std::string, std::string>& values,
              std::vector<std::string>& problems) {
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    problems.push_back(absl::StrCat(path, ":", error.source().begin.line, ": ",
                                    std::string(error.description())));
    return;
  }
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const std::string at =
        absl::StrCat(path, ":", node.source().begin.line, ": ");
    const auto it =
        std::find_if(settings.begin(), settings.end(),
                     [&](const Setting& s) { return KeyOf(s) == name; });
    if (it == settings.end()) {
      problems.push_back(absl::StrCat(at, "there is no setting '", name, "'"));
    } else if (!it->reader.set(TextOf(node))) {
      problems.push_back(at + NoValue(TextOf(node), name, *it));
    } else {
      values[it->flag] = TextOf(node);
    }
  }
}

// The options of the server itself may follow the command's name.
void AddCommands(CLI::App& app, CommandLine& result) {
  const auto add = [&](const char* name, const char* description,
                       Command command) {
    CLI::App* added = app.add_subcommand(name, description);
    added->fallthrough();
    added->callback([&result, command] { result.command = command; });
    return added;
  };
  app.require_subcommand(0, 1);
  add("check", "say whether the configuration is good, and end",
      Command::kCheck);
  add("backup", "back up the data folder, while a server uses it or not",
      Command::kBackup)
      ->add_option("--to", result.to,
                   "folder for the backup: empty, or it is made")
      ->required();
  add("restore", "make a data folder of a backup", Command::kRestore)
      ->add_option("--from", result.from, "folder of the backup")
      ->required();
}

}  // namespace

absl::StatusOr<CommandLine> ReadCommandLine(int argc, const char* const* argv) {
  CommandLine result;
  const std::vector<Setting> settings = SettingsOf(result.config);
  CLI::App app(
      "Linktor Instagram Gateway: Instagram Direct over gRPC.\nEvery option "
      "can also be an environment variable (LINKTOR_IG_DATA_DIR) or a line of "
      "the configuration file (data_dir = \"...\"); options win over "
      "variables, "
      "variables over the file.",
      "linktor-igd");
  app.set_version_flag("--version", LINKTOR_VERSION);
  std::string file;
  app.add_option("--config", file, "configuration file (TOML)")
      ->envname("LINKTOR_IG_CONFIG");
  std::vector<std::string> given(settings.size());
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const std::string name = std::string("--") + settings[i].flag;
    CLI::Option* option =
        settings[i].flag_alone
            ? app.add_flag(name, given[i], settings[i].description)
            : app.add_option(name, given[i], settings[i].description)
                  ->default_str(settings[i].fallback);
    option->envname(EnvironmentOf(settings[i]));
  }
  AddCommands(app, result);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    result.exit_code = app.exit(error, out, out);
    result.message = out.str();
    result.done = true;
    return result;
  }
  std::vector<std::string> problems;
  if (!file.empty()) {
    // Without the file every other setting would look wrong, too.
    if (std::error_code error; !std::filesystem::exists(file, error)) {
      return absl::InvalidArgumentError(
          absl::StrCat("there is no configuration file ", file));
    }
    ReadFile(file, settings, result.values, problems);
  }
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const CLI::Option* option =
        app.get_option(std::string("--") + settings[i].flag);
    if (option->count() == 0) continue;
    if (!settings[i].reader.set(given[i])) {
      problems.push_back(NoValue(given[i], settings[i].flag, settings[i]));
    } else {
      result.values[settings[i].flag] = given[i];
    }
  }
  for (std::string& problem : CheckConfig(result.config)) {
    problems.push_back(std::move(problem));
  }
  if (!problems.empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  }
  return result;
}

ConfigChanges CompareConfigs(const CommandLine& before,
                             const CommandLine& after) {
  // Files that these and other settings name are read again in any case.
  static const auto& taken = *new StringSet{
      "log-level",         "event-retention", "raw-retention",
      "message-retention", "raw-max-bytes",   "sends-per-user-hour"};
  StringSet names;
  for (const auto& [name, value] : before.values) names.insert(name);
  for (const auto& [name, value] : after.values) names.insert(name);
  const auto value_of = [](const CommandLine& from, const std::string& name) {
    const auto it = from.values.find(name);
    return it == from.values.end() ? std::string() : it->second;
  };
  ConfigChanges changes;
  for (const std::string& name : names) {
    if (value_of(before, name) == value_of(after, name)) continue;
    (taken.contains(name) ? changes.taken : changes.waiting).push_back(name);
  }
  std::sort(changes.taken.begin(), changes.taken.end());
  std::sort(changes.waiting.begin(), changes.waiting.end());
  return changes;
}

}  // namespace linktor::app
