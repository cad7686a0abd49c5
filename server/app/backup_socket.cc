#include "server/app/backup_socket.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/log.h"
#include "server/base/strings.h"
#include "server/base/try.h"

namespace linktor::app {
namespace {

constexpr char kAsk[] = "backup 1 ";
constexpr char kCopying[] = "copying ";
constexpr char kCopied[] = "copied ";
constexpr char kFailed[] = "failed ";
// An asker is a program on this machine, and sends its line at once.
constexpr std::chrono::seconds kPatience{5};

absl::Status CannotAsk(const std::string& data_dir, std::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(
      "a process uses the data folder ", data_dir, ", but ", ToAbsl(why)));
}

}  // namespace

std::string BackupSocketOf(const std::string& data_dir) {
  return data_dir + "/backup.sock";
}

absl::StatusOr<std::unique_ptr<BackupSocket>> BackupSocket::Start(
    const std::string& data_dir, journal::RunOnWriter run_on_writer,
    const Clock& clock) {
  LINKTOR_ASSIGN(rpc::ListeningSockets listening,
                 rpc::ListeningSockets::ListenOnUnix(BackupSocketOf(data_dir)));
  UniqueFd stop(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop.valid()) return absl::UnavailableError("no eventfd can be made");
  return std::unique_ptr<BackupSocket>(new BackupSocket(
      std::move(listening), std::move(run_on_writer), clock, std::move(stop)));
}

std::unique_ptr<BackupSocket> BackupSocket::StartOrWarn(
    const std::string& data_dir, journal::RunOnWriter run_on_writer,
    const Clock& clock) {
  auto started = Start(data_dir, std::move(run_on_writer), clock);
  if (started.ok()) return *std::move(started);
  Log(LogLevel::kWarning, "no backup can be asked for",
      {{"error", std::string(started.status().message())}});
  return nullptr;
}

BackupSocket::BackupSocket(rpc::ListeningSockets listening,
                           journal::RunOnWriter run_on_writer,
                           const Clock& clock, UniqueFd stop)
    : listening_(std::move(listening)),
      run_on_writer_(std::move(run_on_writer)),
      clock_(clock),
      stop_(std::move(stop)),
      thread_([this] { Run(); }) {}

BackupSocket::~BackupSocket() {
  stopping_ = true;
  (void)eventfd_write(stop_.get(), 1);
  thread_.join();
}

void BackupSocket::Run() {
  std::array<pollfd, 2> watched{};
  watched[0] = {
      .fd = listening_.sockets().front().get(), .events = POLLIN, .revents = 0};
  watched[1] = {.fd = stop_.get(), .events = POLLIN, .revents = 0};
  while (!stopping_) {
    if (poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
    UniqueFd asker = Accept();
    if (asker.valid()) Serve(LineSocket(std::move(asker)));
  }
}

UniqueFd BackupSocket::Accept() const {
  return UniqueFd(accept4(listening_.sockets().front().get(), nullptr, nullptr,
                          SOCK_CLOEXEC));
}

void BackupSocket::Serve(LineSocket asker) {
  asker.SetPatience(kPatience);
  const absl::StatusOr<std::string> line = asker.ReadLine();
  if (!line.ok()) return;
  absl::string_view folder = *line;
  if (!absl::ConsumePrefix(&folder, kAsk) || folder.empty() ||
      folder.front() != '/') {
    (void)asker.WriteLine(
        absl::StrCat(kFailed,
                     "the server understands \"backup 1 PATH\" with "
                     "an absolute path; use a program of its version"));
    return;
  }
  const std::string to(folder);
  Log(LogLevel::kInfo, "backup begun", {{"to", to}});
  const absl::StatusOr<absl::Time> time = Copy(to, asker);
  if (!time.ok()) {
    Log(LogLevel::kWarning, "backup failed",
        {{"to", to}, {"error", std::string(time.status().message())}});
    (void)asker.WriteLine(absl::StrCat(kFailed, time.status().message()));
    return;
  }
  Log(LogLevel::kInfo, "backup copied", {{"to", to}});
  (void)asker.WriteLine(absl::StrCat(kCopied, absl::ToUnixMillis(*time)));
}

absl::StatusOr<absl::Time> BackupSocket::Copy(const std::string& folder,
                                              LineSocket& asker) {
  std::int64_t last_percent = -1;
  return journal::CopyForBackup(
      run_on_writer_, clock_, folder,
      [&](std::int64_t copied, std::int64_t pages) {
        if (UniqueFd other = Accept(); other.valid()) {
          (void)LineSocket(std::move(other))
              .WriteLine(absl::StrCat(kFailed, "another backup is being made"));
        }
        const std::int64_t percent = pages == 0 ? 100 : 100 * copied / pages;
        if (percent != std::exchange(last_percent, percent) &&
            !asker.WriteLine(absl::StrCat(kCopying, percent)).ok()) {
          return false;
        }
        return !stopping_ && !asker.PeerHasEnded();
      });
}

absl::StatusOr<absl::Time> AskForCopy(const std::string& data_dir,
                                      const std::string& to,
                                      absl::FunctionRef<void(int)> told) {
  absl::StatusOr<LineSocket> server =
      LineSocket::Connect(BackupSocketOf(data_dir));
  if (absl::IsInvalidArgument(server.status())) {
    return CannotAsk(
        data_dir, absl::StrCat("it cannot be asked for a backup: ",
                               server.status().message(),
                               "; stop it for the backup, or give the folder a "
                               "shorter path"));
  }
  if (!server.ok() || !server->WriteLine(absl::StrCat(kAsk, to)).ok()) {
    return CannotAsk(data_dir,
                     "it takes no requests for backups: it is starting or "
                     "ending, or is another command; try again");
  }
  for (;;) {
    const absl::StatusOr<std::string> line = server->ReadLine();
    if (!line.ok()) return CannotAsk(data_dir, "it has ended meanwhile");
    absl::string_view rest = *line;
    std::int64_t number = 0;
    if (absl::ConsumePrefix(&rest, kFailed)) {
      return absl::FailedPreconditionError(rest);
    }
    const bool copied = absl::ConsumePrefix(&rest, kCopied);
    if ((!copied && !absl::ConsumePrefix(&rest, kCopying)) ||
        !absl::SimpleAtoi(rest, &number)) {
      return CannotAsk(data_dir,
                       "its answer is not understood; use a program "
                       "of its version");
    }
    if (copied) return absl::FromUnixMillis(number);
    told(static_cast<int>(number));
  }
}

}  // namespace linktor::app
