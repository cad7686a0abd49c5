#include "server/journal/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "server/base/try.h"
#include "server/base/unique_fd.h"

namespace linktor::journal {
namespace {

constexpr mode_t kOwnerAlone = S_IRUSR | S_IWUSR;
// This is in bytes. The files that are read whole have some hundred.
constexpr std::size_t kSmallFile = 64 * 1024;
// So many bytes are copied at a time: enough that the calls cost nothing.
constexpr std::size_t kCopyStep = 1024 * 1024;

absl::Status SyncPath(const std::string& path, int flags) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (!fd.valid()) return FileError("cannot open", path);
  // EINVAL means that the file system has no way of syncing a folder.
  if (fsync(fd.get()) != 0 && (errno != EINVAL || flags != O_DIRECTORY)) {
    return FileError("cannot sync", path);
  }
  return absl::OkStatus();
}

// Opens the file for writing, empty and for its owner alone.
absl::StatusOr<UniqueFd> OpenEmpty(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                   kOwnerAlone));
  // The mode of a file that was there already may be another.
  if (!fd.valid() || fchmod(fd.get(), kOwnerAlone) != 0) {
    return FileError("cannot write", path);
  }
  return fd;
}

absl::Status WriteAll(int fd, std::string_view content,
                      const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("cannot write", path);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return absl::OkStatus();
}

// Returns how many bytes were read into the front of `out`; 0 at the end of the
// file.
absl::StatusOr<std::size_t> ReadSome(int fd, std::string& out,
                                     const std::string& path) {
  for (;;) {
    const ssize_t size = read(fd, out.data(), out.size());
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno != EINTR) return FileError("cannot read", path);
  }
}

}  // namespace

absl::Status FileError(std::string_view what, const std::string& path) {
  return absl::FailedPreconditionError(
      absl::StrCat(ToAbsl(what), " ", path, ": ", std::strerror(errno)));
}

std::int64_t FileSize(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? info.st_size : 0;
}

bool FileExists(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0;
}

absl::Status SyncFile(const std::string& path) { return SyncPath(path, 0); }

absl::Status SyncFolder(const std::string& path) {
  return SyncPath(path, O_DIRECTORY);
}

std::string ParentOf(const std::string& path) {
  std::filesystem::path parent = std::filesystem::path(path).lexically_normal();
  // "a/b/" names the same as "a/b".
  if (!parent.has_filename()) parent = parent.parent_path();
  parent = parent.parent_path();
  return parent.empty() ? "." : parent.string();
}

absl::Status MakeFolder(const std::string& path) {
  std::vector<std::string> missing;
  for (std::string one = path; !FileExists(one); one = ParentOf(one)) {
    missing.push_back(one);
  }
  if (missing.empty()) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return FileError("cannot open", path);
    errno = ENOTDIR;
    return S_ISDIR(info.st_mode) ? absl::OkStatus()
                                 : FileError("cannot use", path);
  }
  for (; !missing.empty(); missing.pop_back()) {
    const mode_t mode =
        missing.size() == 1 ? S_IRWXU : S_IRWXU | S_IRWXG | S_IRWXO;
    if (mkdir(missing.back().c_str(), mode) != 0 && errno != EEXIST) {
      return FileError("cannot make the folder", path);
    }
    LINKTOR_TRY(SyncFolder(ParentOf(missing.back())));
  }
  return absl::OkStatus();
}

absl::Status MakeEmptyFile(const std::string& path) {
  return OpenEmpty(path).status();
}

absl::Status WriteDurably(const std::string& folder, const std::string& name,
                          std::string_view content) {
  const std::string beside = absl::StrCat(name, ".new");
  const std::string path = absl::StrCat(folder, "/", beside);
  {
    LINKTOR_ASSIGN(const UniqueFd fd, OpenEmpty(path));
    LINKTOR_TRY(WriteAll(fd.get(), content, path));
    if (fsync(fd.get()) != 0) return FileError("cannot sync", path);
  }
  return RenameDurably(folder, beside, name);
}

absl::StatusOr<std::optional<std::string>> ReadSmallFile(
    const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid() && errno == ENOENT) return std::nullopt;
  if (!fd.valid()) return FileError("cannot read", path);
  std::string content;
  std::string part(kSmallFile, '\0');
  while (content.size() <= kSmallFile) {
    LINKTOR_ASSIGN(const std::size_t size, ReadSome(fd.get(), part, path));
    if (size == 0) return content;
    content.append(part, 0, size);
  }
  errno = EFBIG;
  return FileError("cannot read", path);
}

absl::Status RenameDurably(const std::string& folder, const std::string& from,
                           const std::string& to) {
  const std::string old_path = absl::StrCat(folder, "/", from);
  const std::string new_path = absl::StrCat(folder, "/", to);
  if (std::rename(old_path.c_str(), new_path.c_str()) != 0) {
    return FileError("cannot write", new_path);
  }
  return SyncFolder(folder);
}

absl::Status CopyFileBytes(const std::string& from, const std::string& to) {
  const UniqueFd in(open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in.valid()) return FileError("cannot read", from);
  LINKTOR_ASSIGN(const UniqueFd out, OpenEmpty(to));
  std::string part(kCopyStep, '\0');
  for (;;) {
    LINKTOR_ASSIGN(const std::size_t size, ReadSome(in.get(), part, from));
    if (size == 0) return absl::OkStatus();
    LINKTOR_TRY(
        WriteAll(out.get(), std::string_view(part).substr(0, size), to));
  }
}

}  // namespace linktor::journal
