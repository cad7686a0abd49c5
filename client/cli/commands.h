// The commands. Each function adds one group to the program and binds it to
// the session; what a parsed command line asks for is left in `run`, so that
// no command runs inside CLI11, which throws.

#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "client/cli/exit_code.h"
#include "client/cli/session.h"

namespace linktor::cli {

// What the command line asked for; main() runs it.
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
void AddIceBreakers(const Program& program);
void AddEvents(const Program& program);
void AddErrors(const Program& program);

// A group of commands, one of which must be given.
CLI::App* AddGroup(CLI::App& app, const std::string& name,
                   const std::string& what, const std::string& more = "");
// A command with an example in its help; `run` keeps what it needs alive.
CLI::App* AddCommand(CLI::App& group, const std::string& name,
                     const std::string& what, const std::string& example);
void Bind(CLI::App* command, Run& run, Run action);

// What to say of a command line that CLI11 refused with `message`: the command
// that was meant, when one was misspelt.
std::string ExplainUsage(const CLI::App& app, const std::string& message);
// The innermost command that was recognised: "linktor-ig send text".
std::string Deepest(const CLI::App& app);

// The help of the program as a whole.
std::string Overview();
std::string ExitCodes();

}  // namespace linktor::cli
