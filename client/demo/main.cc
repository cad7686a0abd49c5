// linktor-ig-demo starts the server and an emulated Instagram, and shows an
// exchange of messages.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "client/demo/demo.h"
#include "client/demo/signals.h"
#include "client/demo/workplace.h"

namespace {

using linktor::demo::Demo;
using linktor::demo::Signals;
using linktor::demo::Workplace;

// The demo may be started without standard input, output or error. A file that
// is opened later must not get the number of one of them. So this function
// opens /dev/null in place of each one that is missing.
void FillStandardDescriptors() {
  int fd = 0;
  do {
    fd = open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) close(fd);
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "linktor-ig-demo: %s\n",
               std::string(status.message()).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  FillStandardDescriptors();
  CLI::App app(
      "Starts the server and an emulated Instagram, plays one exchange and "
      "stays up.",
      "linktor-ig-demo");
  std::string folder;
  bool once = false;
  app.add_option("--data-dir", folder,
                 "folder for data, key and logs, kept at the end; a temporary "
                 "one when not given");
  app.add_flag("--once", once, "end after the exchange");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }

  Signals signals;
  absl::StatusOr<std::unique_ptr<Workplace>> workplace =
      Workplace::Create(folder);
  if (!workplace.ok()) return Fail(workplace.status());
  Demo demo(signals, **workplace);
  absl::Status status = demo.Play();
  if (status.ok() && !once) status = demo.StayUp();
  const bool failed = !status.ok() && !absl::IsCancelled(status);
  if (failed) {
    Fail(status);
  } else if (!once) {
    std::puts("\nStopping.");
    std::fflush(stdout);
  }
  // When the demo has failed, the error above is enough. An error of Stop() is
  // reported only when the demo has not failed.
  const absl::Status stopped = demo.Stop();
  if (failed) return 1;
  return stopped.ok() ? 0 : Fail(stopped);
}
