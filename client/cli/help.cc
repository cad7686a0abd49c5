#include <algorithm>
#include <numeric>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/commands.h"

namespace linktor::cli {
namespace {

// A word that differs in more letters than this is not taken for a typing
// error.
constexpr std::size_t kMaxTypos = 2;

// Returns how many letters of `a` must be added, dropped or changed to get `b`.
std::size_t Distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
    }
  }
  return row.back();
}

const CLI::App& Innermost(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

void AppendName(std::string* out, const CLI::App* command) {
  *out += command->get_name();
}

}  // namespace

std::string ExplainUsage(const CLI::App& app, const std::string& message) {
  const CLI::App& innermost = Innermost(app);
  // CLI11 treats a group of options as a command without a name. Such groups
  // are left out.
  const auto commands = innermost.get_subcommands(
      [](const CLI::App* one) { return !one->get_name().empty(); });
  const std::vector<std::string> unknown = app.remaining(true);
  const auto word = std::find_if(
      unknown.begin(), unknown.end(),
      [](const std::string& one) { return !absl::StartsWith(one, "-"); });
  if (commands.empty()) return message;
  if (unknown.empty() && absl::StrContains(message, "subcommand")) {
    return absl::StrCat(Deepest(app), " needs a command: ",
                        absl::StrJoin(commands, ", ", AppendName));
  }
  if (word == unknown.end()) return message;
  std::string out = absl::StrCat(Deepest(app), " has no command '", *word, "'");
  for (const CLI::App* command : commands) {
    if (Distance(command->get_name(), *word) <= kMaxTypos) {
      return absl::StrCat(out, "; did you mean '", command->get_name(), "'?");
    }
  }
  return out;
}

std::string Deepest(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    absl::StrAppend(&name, " ", at->get_name());
  }
  return name;
}

CLI::App* AddGroup(CLI::App& app, const std::string& name,
                   const std::string& what, const std::string& example,
                   const std::string& more) {
  CLI::App* group = app.add_subcommand(name, what);
  // A group takes exactly one command. Otherwise CLI11 would take the text of a
  // message for a second command when the text is the name of a command.
  group->require_subcommand(1);
  group->footer(
      absl::StrCat("\nExample:\n", example, more.empty() ? "" : "\n", more));
  return group;
}

CLI::App* AddCommand(CLI::App& group, const std::string& name,
                     const std::string& what, const std::string& example) {
  CLI::App* command = group.add_subcommand(name, what);
  command->footer(absl::StrCat("\nExample:\n", example));
  return command;
}

void AddCommands(const Program& program) {
  AddGlobalOptions(program.app, program.session.options());
  AddChannels(program);
  AddSend(program);
  AddMessages(program);
  AddConversations(program);
  AddUsers(program);
  AddIceBreakers(program);
  AddEvents(program);
  AddDeliveries(program);
  AddKeys(program);
  AddErrors(program);
  AddCompletion(program);
}

void Bind(CLI::App* command, Run& run, Run action) {
  command->callback([&run, action = std::move(action)] { run = action; });
}

std::string Overview() {
  return "Works the Linktor Instagram Gateway: channels, messages and the "
         "event stream.\n"
         "\n"
         "  channel   an Instagram professional account that the server speaks "
         "for, with\n"
         "            its credentials; named by an id of yours, such as "
         "ch_shop\n"
         "  user      a customer, named by an Instagram-scoped id (IGSID), "
         "which "
         "is digits\n"
         "            that only this account can use; events have it\n"
         "  window    a business may write within 24 hours after the customer "
         "did something;\n"
         "            a person with Meta's approval within 7 days "
         "(--human-agent)\n"
         "  cursor    a position in the log of events; reading goes on after "
         "it\n"
         "  request   an id of yours for one send: repeating it never sends "
         "twice\n"
         "  key       an API key, by which the server knows who calls and what "
         "they may do;\n"
         "            its id is no secret\n";
}

namespace {

std::string FirstSteps() {
  return "\n"
         "From an empty server to a conversation:\n"
         "  linktor-ig channels create --id ch_shop --account-id "
         "17841400000000001 \\\n"
         "      --page-id 100000000000001 --access-token-file token \\\n"
         "      --app-secret-file secret --verify-token-file verify\n"
         "  # register https://<your host>/webhooks/instagram/ch_shop at Meta, "
         "then\n"
         "  linktor-ig events tail --channel ch_shop\n"
         "  # 2026-01-02 03:04:05+00:00  ch_shop  6100000000000001   "
         "message.received        wrote \"Hi\" (msg_...)\n"
         "  linktor-ig send text ch_shop 6100000000000001 \"Hello!\"\n"
         "  linktor-ig conversations get ch_shop 6100000000000001\n";
}

std::string AboutServers() {
  return "\n"
         "Which server is called, and as whom. Options win over variables, and "
         "these over the file:\n"
         "  --server ADDRESS        LINKTOR_IG_SERVER        HOST:PORT, "
         "unix:PATH, or a name of the file\n"
         "  --tls                   LINKTOR_IG_TLS=yes       with the roots of "
         "the system\n"
         "  --ca FILE               LINKTOR_IG_CA            with roots of "
         "yours\n"
         "  --cert FILE --key FILE  LINKTOR_IG_CERT, _KEY    with a client "
         "certificate\n"
         "  --tls-name NAME         LINKTOR_IG_TLS_NAME      the certificate "
         "has this name\n"
         "  --api-key-file FILE     LINKTOR_IG_API_KEY_FILE  or the key itself "
         "in LINKTOR_IG_API_KEY\n"
         "  --config FILE           LINKTOR_IG_CLI_CONFIG    else "
         "linktor-ig/config.toml in\n"
         "                                                   $XDG_CONFIG_HOME "
         "or ~/.config\n"
         "No option takes an API key itself: every user of the machine would "
         "see it in ps.\n"
         "\n"
         "The file gives names to servers; its paths begin at its own folder:\n"
         "  default = \"prod\"  # optional: when no server is given\n"
         "  [servers.prod]    # linktor-ig --server prod ...\n"
         "  address = \"gateway.example.com:50051\"\n"
         "  tls = true        # also ca, cert, key, tls_name, "
         "send_key_unencrypted\n"
         "  api_key_file = \"prod.key\"\n";
}

std::string ExitCodes() {
  return "\n"
         "Exit codes:\n"
         "  0  done\n"
         "  1  refused by the server, or by Instagram; standard error says why "
         "and what to do\n"
         "  2  wrong usage: nothing was asked of the server\n"
         "  3  the server cannot be reached, or says that it or Instagram "
         "cannot serve now:\n"
         "     nothing was done\n"
         "  4  nobody knows whether it was done: the connection broke, or the "
         "server says so.\n"
         "     Repeat a send only with the same --request-id; standard error "
         "shows the command\n"
         "  5  done, but standard output could not be written\n"
         "\n"
         "linktor-ig COMMAND --help explains a command and has an example.\n"
         "linktor-ig errors REASON explains the reason of an error.\n"
         "linktor-ig completion bash|zsh|fish lets your shell complete all of "
         "this.";
}

}  // namespace

std::string Footer() {
  return absl::StrCat(FirstSteps(), AboutServers(), ExitCodes());
}

}  // namespace linktor::cli
