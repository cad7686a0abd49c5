#include "server/journal/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/try.h"
#include "server/journal/durable_file.h"

namespace linktor::journal {
namespace {

std::string LockOf(const std::string& data_dir) { return data_dir + "/lock"; }

}  // namespace

absl::StatusOr<std::optional<UniqueFd>> TryLockFolder(
    const std::string& data_dir) {
  UniqueFd lock(
      open(LockOf(data_dir).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) {
    return FileError("cannot write in the data folder", data_dir);
  }
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
  return std::optional<UniqueFd>(std::move(lock));
}

absl::StatusOr<UniqueFd> LockFolder(const std::string& data_dir) {
  LINKTOR_ASSIGN(std::optional<UniqueFd> lock, TryLockFolder(data_dir));
  if (lock.has_value()) return *std::move(lock);
  return absl::FailedPreconditionError(absl::StrCat(
      "the data folder ", data_dir, " is in use by another process"));
}

bool IsFolderLocked(const std::string& data_dir) {
  const UniqueFd lock(open(LockOf(data_dir).c_str(), O_RDONLY | O_CLOEXEC));
  return lock.valid() && flock(lock.get(), LOCK_EX | LOCK_NB) != 0;
}

}  // namespace linktor::journal
