#include "linktor/instagram/cursor_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace linktor::instagram {
namespace {

// A cursor has some 50 bytes. A file of this size or more is not a cursor.
constexpr std::size_t kMostBytes = 4096;

Error StoreError(const std::string& what, const std::string& path, int error) {
  return {.kind = Error::Kind::kStore,
          .message = what + " " + path + ": " + std::strerror(error)};
}

// A File closes its descriptor when it is destroyed. fd() is negative when the
// file could not be opened; errno says why.
class File {
 public:
  File(const std::string& path, int flags)
      : fd_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int fd() const { return fd_; }

 private:
  const int fd_;
};

// Writes all of `text` and syncs the file to the disk. Returns 0, or the errno
// of the failure.
int WriteAll(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t size = write(fd, text.data() + done, text.size() - done);
    if (size < 0 && errno != EINTR) return errno;
    if (size > 0) done += static_cast<std::size_t>(size);
  }
  return fsync(fd) == 0 ? 0 : errno;
}

}  // namespace

Result<std::string> FileCursorStore::Load() {
  const File file(path_, O_RDONLY);
  if (file.fd() < 0) {
    if (errno == ENOENT) return std::string();
    return StoreError("cannot open", path_, errno);
  }
  std::string text(kMostBytes, '\0');
  const ssize_t size = read(file.fd(), text.data(), text.size());
  if (size < 0) return StoreError("cannot read", path_, errno);
  text.resize(static_cast<std::size_t>(size));
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  text.resize(end == std::string::npos ? 0 : end + 1);
  if (text.empty() || std::cmp_equal(size, kMostBytes)) {
    return Error{
        .kind = Error::Kind::kStore,
        .message = path_ + " holds no cursor: remove it to start anew"};
  }
  return text;
}

std::optional<Error> FileCursorStore::Save(const std::string& cursor) {
  const std::string second = path_ + ".tmp";
  {
    const File file(second, O_WRONLY | O_CREAT | O_TRUNC);
    if (file.fd() < 0) return StoreError("cannot open", second, errno);
    if (const int error = WriteAll(file.fd(), cursor + "\n"); error != 0) {
      return StoreError("cannot write", second, error);
    }
  }
  if (std::rename(second.c_str(), path_.c_str()) != 0) {
    return StoreError("cannot replace", path_, errno);
  }
  const std::size_t slash = path_.rfind('/');
  std::string folder = ".";
  if (slash != std::string::npos) folder = path_.substr(0, slash + 1);
  const File parent(folder, O_RDONLY | O_DIRECTORY);
  if (parent.fd() < 0 || fsync(parent.fd()) != 0) {
    return StoreError("cannot sync", folder, errno);
  }
  return std::nullopt;
}

}  // namespace linktor::instagram
