// linktor-ig operates the gateway from the command line.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "client/cli/commands.h"

namespace {

using linktor::cli::Run;
using linktor::cli::Session;

// Returns whether `option` is one of the arguments before any "--". It also
// finds an option after an argument that CLI11 could not understand.
bool Has(int argc, char** argv, const char* option) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--") == 0) return false;
    if (std::strcmp(argv[i], option) == 0) return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  // When the reader of a pipe has gone (| head), a write fails with EPIPE.
  // Without this line the signal would end the program.
  std::signal(SIGPIPE, SIG_IGN);
  // gRPC's own log would mix with the messages of this program on standard
  // error, which are JSON with --json.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  Session session(linktor::cli::ProcessVariable);
  session.options().terminal = isatty(STDOUT_FILENO) == 1;
  session.options().words.assign(argv + std::min(argc, 1), argv + argc);
  Run run;
  CLI::App app(linktor::cli::Overview(), "linktor-ig");
  app.footer(linktor::cli::Footer());
  // The user may put global options anywhere in the command line.
  app.fallthrough();
  app.require_subcommand(1);
  app.set_version_flag("--version", LINKTOR_VERSION);
  linktor::cli::AddCommands({app, session, run});
  if (const auto lines = linktor::cli::Completed(
          app, session.options().words, linktor::cli::ProcessVariable)) {
    return static_cast<int>(session.PrintText(*lines));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 takes a text such as "-hello" for -h. If the program printed help
    // and ended with 0, a script would believe that the text was sent.
    const bool by_mistake =
        error.get_exit_code() == 0 && !Has(argc, argv, "-h") &&
        !Has(argc, argv, "--help") && !Has(argc, argv, "--version");
    if (error.get_exit_code() == 0 && !by_mistake) return app.exit(error);
    session.options().json = Has(argc, argv, "--json");
    linktor::cli::Failure failure = linktor::cli::UsageFailure(
        by_mistake ? "what begins with a dash comes last, after --"
                   : linktor::cli::ExplainUsage(app, error.what()));
    failure.remedy =
        absl::StrCat("see ", linktor::cli::Deepest(app), " --help");
    return static_cast<int>(session.Fail(failure));
  }
  return static_cast<int>(run());
}
