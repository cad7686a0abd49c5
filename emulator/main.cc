// This is linktor-ig-emulator: a local Instagram on a loopback address.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_split.h"
#include "emulator/control_json.h"
#include "emulator/emulator.h"
#include "server/base/crypto.h"
#include "server/base/ids.h"
#include "server/base/log.h"

namespace {

using linktor::Secret;
using linktor::emulator::ConfigChange;
using linktor::emulator::Emulator;
namespace json = boost::json;

struct Arguments {
  std::string listen = "127.0.0.1:8081";
  std::string webhook_url;
  std::string app_secret;
  std::string verify_token;
  std::string account_id;
  std::string page_id;
  bool strict = false;
  std::string access_token;
  std::string permissions;
};

constexpr char kFooter[] =
    R"(Everything can be changed while it runs, and customers be played, by requests;
"curl HOST:PORT/emulator" explains them. For example, a customer writes:
  curl HOST:PORT/emulator/messages -d '{"from":"6101","text":"Hello"}')";

std::string VariableOf(const std::string& option) {
  std::string variable = "LINKTOR_IG_EMULATOR_" + option;
  for (char& c : variable) {
    c = c == '-' ? '_' : static_cast<char>(std::toupper(c));
  }
  return variable;
}

void AddOptions(CLI::App& app, Arguments& arguments) {
  const auto add = [&](const std::string& name, std::string& value,
                       const std::string& help) {
    return app.add_option("--" + name, value, help)->envname(VariableOf(name));
  };
  add("listen", arguments.listen,
      "HOST:PORT to serve on; loopback only, port 0 picks one")
      ->capture_default_str();
  add("webhook-url", arguments.webhook_url, "where webhooks go");
  add("app-secret", arguments.app_secret, "signs webhooks");
  add("verify-token", arguments.verify_token,
      "given to the webhook URL in verification");
  add("account-id", arguments.account_id,
      "the Instagram account that \"me\" stands for");
  add("page-id", arguments.page_id, "the Facebook Page of that account");
  app.add_flag("--strict", arguments.strict,
               "refuse what Meta refuses: outside the 24 h after a customer's "
               "message, to ids that nobody has met, and as the next two say")
      ->envname(VariableOf("strict"));
  add("access-token", arguments.access_token,
      "with --strict, the only token that has not expired; any by default");
  add("permissions", arguments.permissions,
      "with --strict, what the token was granted, with commas; by default all "
      "that messaging takes");
  app.footer(kFooter);
}

// Checks the arguments as the control API checks the same values.
absl::StatusOr<Emulator::Options> ToOptions(const Arguments& arguments) {
  Emulator::Options options;
  if (!linktor::http::SplitHostPort(arguments.listen, options.host,
                                    options.port)) {
    return absl::InvalidArgumentError(
        "--listen must be HOST:PORT, such as 127.0.0.1:8081");
  }
  json::object given;
  given["webhook_url"] = arguments.webhook_url;
  given["page_id"] = arguments.page_id;
  if (!arguments.account_id.empty()) given["account_id"] = arguments.account_id;
  absl::StatusOr<ConfigChange> change =
      linktor::emulator::ReadConfigChange(given);
  if (!change.ok()) return change.status();
  change->app_secret = Secret(arguments.app_secret);
  change->verify_token = Secret(arguments.verify_token);
  change->strict = arguments.strict;
  change->access_token = Secret(arguments.access_token);
  if (!arguments.permissions.empty()) {
    change->permissions =
        absl::StrSplit(arguments.permissions, ',', absl::SkipWhitespace());
  }
  linktor::emulator::Settings settings(options.config);
  settings.Apply(*change);
  options.config = settings.Get();
  return options;
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "linktor-ig-emulator: %s\n",
               std::string(status.message()).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A local Instagram for the Linktor Instagram Gateway.",
               "linktor-ig-emulator");
  Arguments arguments;
  app.set_version_flag("--version", LINKTOR_VERSION);
  AddOptions(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  const absl::StatusOr<Emulator::Options> options = ToOptions(arguments);
  if (!options.ok()) return Fail(options.status());

  // The signals are blocked before the first thread starts, so that only
  // sigwait takes them.
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  linktor::InitLogging(linktor::LogLevel::kWarning);

  absl::StatusOr<std::unique_ptr<Emulator>> emulator =
      Emulator::Start(*options);
  if (!emulator.ok()) return Fail(emulator.status());
  std::printf("ready http=%s\n", (*emulator)->address().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  (*emulator)->Stop();
  return 0;
}
