// linktor-igd: the server.

#include <google/protobuf/stubs/logging.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "server/app/app.h"
#include "server/app/config.h"
#include "server/base/clock.h"
#include "server/base/log.h"

namespace {

constexpr int kBadConfiguration = 2;
constexpr int kCannotStart = 1;

// SIGTERM and SIGINT are taken by sigwait, so that stopping runs on an ordinary
// thread; a fatal fault raises SIGTERM against itself.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

}  // namespace

int main(int argc, char** argv) {
  const sigset_t signals = BlockSignals();
  const linktor::SystemClock clock;
  const auto command_line = linktor::ReadCommandLine(argc, argv);
  if (!command_line.ok()) {
    std::cerr << command_line.status().message() << "\n";
    return kBadConfiguration;
  }
  if (command_line->done) {
    (command_line->exit_code == 0 ? std::cout : std::cerr)
        << command_line->message;
    return command_line->exit_code == 0 ? 0 : kBadConfiguration;
  }
  if (command_line->check_only) {
    const absl::Status files =
        linktor::App::CheckFiles(command_line->config, clock);
    if (!files.ok()) {
      std::cerr << files.message() << "\n";
      return kBadConfiguration;
    }
    std::cout << "the configuration is good\n";
    return 0;
  }
  linktor::InitLogging(command_line->config.log_level);
  google::protobuf::SetLogHandler([](google::protobuf::LogLevel, const char*,
                                     int, const std::string& message) {
    linktor::Log(linktor::LogLevel::kWarning, "protobuf",
                 {{"message", message}});
  });
  std::atomic<bool> failed{false};
  auto app = linktor::App::Start(command_line->config, clock, [&failed] {
    failed = true;
    kill(getpid(), SIGTERM);
  });
  if (!app.ok()) {
    std::cerr << app.status().message() << "\n";
    return kCannotStart;
  }
  std::cout << absl::StrCat("ready grpc=", (*app)->grpc_address(),
                            " webhook=", (*app)->webhook_address(),
                            " admin=", (*app)->admin_address())
            << "\n"
            << std::flush;
  int signal = 0;
  sigwait(&signals, &signal);
  linktor::Log(linktor::LogLevel::kInfo, "stopping",
               {{"signal", std::to_string(signal)}});
  (*app)->Stop();
  return failed ? kCannotStart : 0;
}
