// This is linktor-igd, the server.

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <string>

#include "server/app/app.h"
#include "server/app/commands.h"
#include "server/app/config.h"
#include "server/app/reload.h"
#include "server/base/clock.h"
#include "server/base/log.h"

namespace {

// SIGTERM, SIGINT and SIGHUP are taken by sigwait, so that stopping and reading
// the configuration again run on an ordinary thread; a fatal fault raises
// SIGTERM against itself.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

}  // namespace

int main(int argc, char** argv) {
  const linktor::SystemClock clock;
  auto command_line = linktor::app::ReadCommandLine(argc, argv);
  if (!command_line.ok()) {
    std::cerr << command_line.status().message() << "\n";
    return linktor::app::kExitBadConfiguration;
  }
  if (command_line->done) {
    (command_line->exit_code == 0 ? std::cout : std::cerr)
        << command_line->message;
    return command_line->exit_code == 0 ? 0
                                        : linktor::app::kExitBadConfiguration;
  }
  if (command_line->command != linktor::app::Command::kServe) {
    return linktor::app::RunCommand(*command_line, clock);
  }
  const sigset_t signals = BlockSignals();
  linktor::InitLogging(command_line->config.log_level);
  std::atomic<bool> failed{false};
  auto app = linktor::app::App::Start(command_line->config, clock, [&failed] {
    failed = true;
    kill(getpid(), SIGTERM);
  });
  if (!app.ok()) {
    std::cerr << app.status().message() << "\n";
    return linktor::app::kExitFailed;
  }
  std::cout << (*app)->ReadyLine() << std::flush;
  int signal = 0;
  for (sigwait(&signals, &signal); signal == SIGHUP;
       sigwait(&signals, &signal)) {
    linktor::app::Reload(argc, argv, **app, *command_line);
  }
  linktor::Log(linktor::LogLevel::kInfo, "stopping",
               {{"signal", std::to_string(signal)}});
  (*app)->Stop();
  return failed ? linktor::app::kExitFailed : 0;
}
