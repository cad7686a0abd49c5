// This file has the command `completion SHELL`, which prints a script for a
// shell. It also has the function that answers such a script.

#include <memory>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/completion.h"
#include "client/cli/config_file.h"

namespace linktor::cli {
namespace {

// Returns the names of the servers in the configuration file. When the file
// cannot be read, there are no names and no error: the command that the user is
// typing will report the error.
std::vector<std::string> ServerNames(const Environment& environment) {
  const auto named = environment("LINKTOR_IG_CLI_CONFIG");
  const auto file =
      ReadConfigFile(named.value_or(DefaultConfigPath(environment)), false);
  std::vector<std::string> names;
  if (!file.ok()) return names;
  for (const auto& [name, options] : file->servers) names.push_back(name);
  return names;
}

}  // namespace

std::optional<std::string> Completed(const CLI::App& app,
                                     const std::vector<std::string>& words,
                                     const Environment& environment) {
  if (words.empty() || words.front() != kCompleteWord) return std::nullopt;
  return ToLines(Candidates(app, {words.begin() + 1, words.end()},
                            ServerNames(environment)));
}

void AddCompletion(const Program& program) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = AddCommand(
      program.app, "completion",
      "print the script that completes command lines in a shell",
      "  source <(linktor-ig completion bash)    # or zsh; for this shell\n"
      "  linktor-ig completion bash > "
      "~/.local/share/bash-completion/completions/linktor-ig\n"
      "  linktor-ig completion zsh > ~/.zfunc/_linktor-ig    # a folder of "
      "$fpath\n"
      "  linktor-ig completion fish > "
      "~/.config/fish/completions/linktor-ig.fish\n"
      "Asks no server.");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember(Shells()));
  Session& session = program.session;
  Bind(command, program.run, [&session, shell] {
    return session.PrintText(CompletionScript(*shell));
  });
}

}  // namespace linktor::cli
