// This header declares the commands. Each Add function adds one group of
// commands to the program and connects the group to the session. A parsed
// command does not run at once: it stores its work in `run`, and main() calls
// `run` later. So no command runs inside CLI11, which throws exceptions.

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
// Adds all groups of commands, and the options of the program as a whole.
void AddCommands(const Program& program);

// These two functions serve the group `keys`. AddNewKeys adds the commands that
// make a key. AddPermissionOption adds an option that refuses unknown
// permissions.
void AddNewKeys(CLI::App& group, const Program& program);
CLI::Option* AddPermissionOption(CLI::App* command,
                                 std::vector<std::string>& permissions);

// Adds a group of commands; the user must give one of them. The help of the
// group ends with `example` and then `more`. The example shows the command that
// most people look for.
CLI::App* AddGroup(CLI::App& app, const std::string& name,
                   const std::string& what, const std::string& example,
                   const std::string& more = "");
// Adds a command with an example in its help.
CLI::App* AddCommand(CLI::App& group, const std::string& name,
                     const std::string& what, const std::string& example);
// Makes `command` store `action` in `run` when the command line names it.
void Bind(CLI::App* command, Run& run, Run action);

// Explains why CLI11 refused a command line with `message`. When a command was
// misspelt, the result names the command that was probably meant.
std::string ExplainUsage(const CLI::App& app, const std::string& message);
// Returns the innermost command that was recognised, such as "linktor-ig send
// text".
std::string Deepest(const CLI::App& app);

// Returns the answer to a completion script of a shell (see completion.h). Such
// a script puts kCompleteWord first; without it the result is nothing. `words`
// come after the program's name.
std::optional<std::string> Completed(const CLI::App& app,
                                     const std::vector<std::string>& words,
                                     const Environment& environment);

// The help of the program as a whole prints the overview before its commands
// and the footer after them.
std::string Overview();
std::string Footer();

// Adds the options of the program as a whole; the user may put them anywhere in
// the command line.
void AddGlobalOptions(CLI::App& app, Session::Options& options);

}  // namespace linktor::cli
