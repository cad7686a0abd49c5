#include "client/cli/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace linktor::cli {
namespace {

// Only the owner of the file may read and write it.
constexpr mode_t kMode = S_IRUSR | S_IWUSR;

}  // namespace

SecretFile::SecretFile(std::string path, int fd)
    : path_(std::move(path)), fd_(fd) {}

absl::StatusOr<std::unique_ptr<SecretFile>> SecretFile::Create(
    const std::string& path) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
  if (fd < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot create ", path, ": ", std::strerror(errno)));
  }
  return std::unique_ptr<SecretFile>(new SecretFile(path, fd));
}

SecretFile::~SecretFile() {
  if (fd_ >= 0) close(fd_);
  if (!written_) unlink(path_.c_str());
}

absl::Status SecretFile::Write(const std::string& secret) {
  const std::string text = secret + "\n";
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t size = write(fd_, text.data() + done, text.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    done += static_cast<std::size_t>(size);
  }
  const bool kept = done == text.size() && fsync(fd_) == 0;
  const int error = errno;
  const bool closed = close(std::exchange(fd_, -1)) == 0;
  if (!kept || !closed) {
    return absl::UnavailableError(absl::StrCat(
        "cannot write ", path_, ": ", std::strerror(kept ? errno : error)));
  }
  written_ = true;
  return absl::OkStatus();
}

}  // namespace linktor::cli
