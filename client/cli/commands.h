// Here are the commands. Each of the functions for them adds one group to the
// program and binds it to the session. It leaves the work that a parsed command
// line asks for in `run`, so that no command runs inside CLI11, which throws.

#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/exit_code.h"
#include "client/cli/session.h"

namespace linktor::cli {

// This is the work that the command line asked for; main() runs it.
using Run = std::function<ExitCode()>;

struct Program {
  CLI::App& app;
  Session& session;
  Run& run;
};

void AddChannels(const Program& program);
void AddSend(const Program& program);
void AddMessages(const Program& program);
void AddConversations(const Program& program);
void AddUsers(const Program& program);
void AddIceBreakers(const Program& program);
void AddEvents(const Program& program);
void AddDeliveries(const Program& program);
void AddErrors(const Program& program);
void AddKeys(const Program& program);
void AddCompletion(const Program& program);
// Adds all of them, and the options of the program as a whole.
void AddCommands(const Program& program);

// These two serve the group `keys`: the first adds the commands that make a
// key, the second an option that refuses unknown permissions.
void AddNewKeys(CLI::App& group, const Program& program);
CLI::Option* AddPermissionOption(CLI::App* command,
                                 std::vector<std::string>& permissions);

// Adds a group of commands, one of which must be given. Its help ends with the
// example of the command that most people come for, and with `more`.
CLI::App* AddGroup(CLI::App& app, const std::string& name,
                   const std::string& what, const std::string& example,
                   const std::string& more = "");
// Adds a command with an example in its help; `run` keeps what it needs alive.
CLI::App* AddCommand(CLI::App& group, const std::string& name,
                     const std::string& what, const std::string& example);
void Bind(CLI::App* command, Run& run, Run action);

// Explains a command line that CLI11 refused with `message`; it names the
// command that was meant when one was misspelt.
std::string ExplainUsage(const CLI::App& app, const std::string& message);
// Returns the innermost command that was recognised, as "linktor-ig send text".
std::string Deepest(const CLI::App& app);

// Returns what a shell's script asks for, when the first of the words after the
// program's name says that one asks.
std::optional<std::string> Completed(const CLI::App& app,
                                     const std::vector<std::string>& words,
                                     const Environment& environment);

// The help of the program as a whole has the overview before its commands and
// the footer after them.
std::string Overview();
std::string Footer();

// Adds the options of the program as a whole, which may stand anywhere.
void AddGlobalOptions(CLI::App& app, Session::Options& options);

}  // namespace linktor::cli
