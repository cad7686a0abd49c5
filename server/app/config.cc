#include "server/app/config.h"

#include <toml++/toml.h>
#include <CLI/CLI.hpp>
#include <boost/url.hpp>
#include <functional>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/http/listener.h"

namespace linktor {
namespace {

// Meta may deliver a webhook again for 36 h; keys that recognise it live as
// long as events.
constexpr absl::Duration kLeastEventRetention = absl::Hours(72);

// One setting under its three names: --data-dir, LINKTOR_IG_DATA_DIR and
// data_dir.
struct Setting {
  const char* flag;
  const char* description;
  // False when the text is not a value for it.
  std::function<bool(const std::string&)> set;
  std::string fallback;
};

std::function<bool(const std::string&)> Text(std::string& target) {
  return [&target](const std::string& text) {
    target = text;
    return true;
  };
}

template <typename Int>
std::function<bool(const std::string&)> Number(Int& target) {
  return [&target](const std::string& text) {
    return absl::SimpleAtoi(text, &target);
  };
}

// "90d" or what absl::ParseDuration takes.
bool ParseAge(const std::string& text, absl::Duration& out) {
  std::int64_t days = 0;
  if (!text.empty() && text.back() == 'd' &&
      absl::SimpleAtoi(text.substr(0, text.size() - 1), &days)) {
    out = absl::Hours(24 * days);
    return true;
  }
  return absl::ParseDuration(text, &out);
}

std::function<bool(const std::string&)> Age(absl::Duration& target) {
  return [&target](const std::string& text) { return ParseAge(text, target); };
}

std::function<bool(const std::string&)> Level(LogLevel& target) {
  return [&target](const std::string& text) {
    if (text == "debug") return target = LogLevel::kDebug, true;
    if (text == "info") return target = LogLevel::kInfo, true;
    if (text == "warning") return target = LogLevel::kWarning, true;
    if (text == "error") return target = LogLevel::kError, true;
    return false;
  };
}

std::vector<Setting> SettingsOf(Config& config) {
  return {
      {"data-dir", "folder for everything the server keeps",
       Text(config.data_dir), ""},
      {"master-key-file", "file with 32 bytes as 64 hex digits",
       Text(config.master_key_file), ""},
      {"grpc-listen", "HOST:PORT of the gRPC port; loopback only",
       Text(config.grpc_listen), config.grpc_listen},
      {"webhook-listen", "HOST:PORT of the webhook port",
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
      {"max-subscribers", "event streams at once",
       Number(config.max_subscribers), std::to_string(config.max_subscribers)},
      {"sends-per-user-hour",
       "most messages to one customer within an hour; 0 for any number",
       Number(config.sends_per_user_hour),
       std::to_string(config.sends_per_user_hour)},
      {"event-retention", "how long events are kept, such as 90d; at least 72h",
       Age(config.event_retention), "90d"},
      {"raw-retention", "how long webhook items are kept as received",
       Age(config.raw_retention), "7d"},
      {"raw-max-bytes", "most bytes of webhook items kept as received",
       Number(config.raw_max_bytes), std::to_string(config.raw_max_bytes)},
  };
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

void ReadFile(const std::string& path, const std::vector<Setting>& settings,
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
    } else if (!it->set(TextOf(node))) {
      problems.push_back(
          absl::StrCat(at, "'", TextOf(node), "' is not a value for ", name));
    }
  }
}

void CheckListen(const std::string& value, const char* name, bool loopback_only,
                 std::vector<std::string>& problems) {
  std::string host;
  std::uint16_t port = 0;
  if (!SplitHostPort(value, host, port)) {
    problems.push_back(absl::StrCat(name, ": '", value,
                                    "' is not HOST:PORT, such as "
                                    "127.0.0.1:8080"));
  } else if (loopback_only && !IsLoopback(host)) {
    problems.push_back(absl::StrCat(
        name, ": '", host,
        "' is not a loopback address. Until the server authenticates its "
        "callers, its gRPC port can only be reached from this machine"));
  }
}

void CheckGraphUrl(const std::string& value, const char* name,
                   std::vector<std::string>& problems) {
  const auto url = boost::urls::parse_uri(value);
  // No user: parsers differ on which side of an "@" the host is, and the other
  // side may look like a loopback address.
  if (!url.has_value() || url->host().empty() ||
      value.find('@') != std::string::npos ||
      (url->scheme() != "https" && url->scheme() != "http") ||
      value.ends_with('/')) {
    problems.push_back(
        absl::StrCat(name, ": '", value,
                     "' is not a URL such as https://graph.example.com"));
  } else if (url->scheme() == "http" && !IsLoopback(url->host_address())) {
    problems.push_back(absl::StrCat(
        name,
        ": plain http only to a loopback address; tokens would travel "
        "unencrypted"));
  }
}

}  // namespace

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
  CheckListen(config.grpc_listen, "grpc-listen", true, problems);
  CheckListen(config.webhook_listen, "webhook-listen", false, problems);
  CheckListen(config.admin_listen, "admin-listen", false, problems);
  CheckGraphUrl(config.graph.facebook, "graph-facebook-url", problems);
  CheckGraphUrl(config.graph.instagram, "graph-instagram-url", problems);
  const auto positive = [&](std::int64_t value, const char* name) {
    if (value < 1) problems.push_back(absl::StrCat(name, " must be positive"));
  };
  positive(config.webhook_max_body, "webhook-max-body");
  positive(config.webhook_max_in_flight, "webhook-max-in-flight");
  positive(config.webhook_threads, "webhook-threads");
  positive(config.max_subscribers, "max-subscribers");
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
  if (config.raw_max_bytes < 0) {
    problems.emplace_back("raw-max-bytes must not be negative");
  }
  return problems;
}

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
    app.add_option(std::string("--") + settings[i].flag, given[i],
                   settings[i].description)
        ->envname(EnvironmentOf(settings[i]))
        ->default_str(settings[i].fallback);
  }
  CLI::App* check = app.add_subcommand(
      "check", "say whether the configuration is good, and end");
  check->fallthrough();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    result.exit_code = app.exit(error, out, out);
    result.message = out.str();
    result.done = true;
    return result;
  }
  result.check_only = check->parsed();
  std::vector<std::string> problems;
  if (!file.empty()) ReadFile(file, settings, problems);
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const CLI::Option* option =
        app.get_option(std::string("--") + settings[i].flag);
    if (option->count() > 0 && !settings[i].set(given[i])) {
      problems.push_back(absl::StrCat("'", given[i], "' is not a value for ",
                                      settings[i].flag));
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

}  // namespace linktor
