#include "server/app/commands.h"

#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/app/backup_socket.h"
#include "server/app/check.h"
#include "server/app/core_dumps.h"
#include "server/base/crypto.h"
#include "server/base/secret.h"
#include "server/base/try.h"
#include "server/journal/backup.h"
#include "server/journal/data_folder.h"
#include "server/journal/restore.h"
#include "server/seal/master_key.h"

namespace linktor::app {
namespace {

std::string TextOf(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

// Reads the master key; core dumps are forbidden first, since it is in memory
// from then on.
absl::StatusOr<Secret> TakeMasterKey(const Config& config) {
  if (!CryptoSelfTest()) {
    return absl::FailedPreconditionError("the cryptographic self test failed");
  }
  if (!config.access.allow_core_dumps) LINKTOR_TRY(ForbidCoreDumps());
  return seal::ReadMasterKey(config.master_key_file);
}

// Prints every tenth percent.
class Progress {
 public:
  void Tell(std::int64_t percent) {
    if (percent / 10 == told_) return;
    told_ = percent / 10;
    std::cout << "copied " << 10 * told_ << " %\n" << std::flush;
  }

 private:
  std::int64_t told_ = 0;
};

absl::StatusOr<absl::Time> Copy(const Config& config, const Secret& master_key,
                                const std::string& to, const Clock& clock) {
  Progress progress;
  LINKTOR_ASSIGN(const std::optional<absl::Time> time,
                 journal::CopyUnused(
                     config.data_dir, master_key, clock, to,
                     [&](std::int64_t copied, std::int64_t pages) {
                       progress.Tell(pages == 0 ? 100 : 100 * copied / pages);
                       return true;
                     }));
  if (time.has_value()) return *time;
  // A wrong key is found before everything is copied.
  LINKTOR_TRY(
      journal::DataFolder::Examine(config.data_dir, master_key).status());
  return AskForCopy(config.data_dir, to,
                    [&](int percent) { progress.Tell(percent); });
}

absl::Status Backup(const CommandLine& command_line, const Clock& clock) {
  const Config& config = command_line.config;
  LINKTOR_ASSIGN(const Secret master_key, TakeMasterKey(config));
  // The server has another working directory, so it needs an absolute path.
  std::error_code error;
  const std::string to =
      std::filesystem::absolute(command_line.to, error).string();
  LINKTOR_TRY(journal::CheckBackupFolder(to));
  LINKTOR_ASSIGN(const absl::Time time, Copy(config, master_key, to, clock));
  std::cout << "verifying\n" << std::flush;
  LINKTOR_ASSIGN(
      const journal::BackupManifest made,
      journal::FinishBackup(to, time, master_key, [](journal::FinishStep) {}));
  std::cout << "backup of " << TextOf(made.time) << ", with the events up to "
            << made.log.last_seq << ", in " << to << ": " << made.bytes
            << " bytes\n";
  return absl::OkStatus();
}

absl::Status Restore(const CommandLine& command_line) {
  const Config& config = command_line.config;
  LINKTOR_ASSIGN(const Secret master_key, TakeMasterKey(config));
  LINKTOR_ASSIGN(const journal::BackupManifest restored,
                 journal::RestoreBackup({.from = command_line.from,
                                         .data_dir = config.data_dir,
                                         .master_key = master_key},
                                        [](journal::RestoreStep) {}));
  std::cout
      << "restored the backup of " << TextOf(restored.time)
      << ", with the events up to " << restored.log.last_seq << ", into "
      << config.data_dir << "\n"
      << "Request ids that were used after that time are unknown here: a call "
         "that repeats one of them sends its message again.\n"
      << "What was changed, deleted or erased after that time is as it was "
         "before: channels, API keys, opt-outs, erased content.\n"
      << "Subscribers with later cursors get CURSOR_REWOUND, which says where "
         "to start again.\n";
  return absl::OkStatus();
}

int Report(const absl::Status& status) {
  if (status.ok()) return 0;
  std::cerr << status.message() << "\n";
  return kExitFailed;
}

}  // namespace

int RunCommand(const CommandLine& command_line, const Clock& clock) {
  switch (command_line.command) {
    case Command::kCheck:
      return CheckAndTell(command_line.config, clock) ? 0
                                                      : kExitBadConfiguration;
    case Command::kBackup:
      return Report(Backup(command_line, clock));
    case Command::kRestore:
      return Report(Restore(command_line));
    case Command::kServe:
      break;
  }
  return kExitFailed;
}

}  // namespace linktor::app
