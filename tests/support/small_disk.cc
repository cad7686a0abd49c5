#include "tests/support/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "absl/strings/str_cat.h"

namespace linktor::testing {

absl::StatusOr<std::unique_ptr<SmallDisk>> SmallDisk::Mount(std::size_t bytes) {
  if (unshare(CLONE_NEWNS) != 0) {
    return absl::ErrnoToStatus(errno, "cannot have mounts of its own");
  }
  // Otherwise the mount would be seen in the namespace that was copied, too.
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return absl::ErrnoToStatus(errno, "cannot keep its mounts to itself");
  }
  std::unique_ptr<SmallDisk> disk(new SmallDisk);
  const std::string options = absl::StrCat("size=", bytes);
  if (mount("tmpfs", disk->path().c_str(), "tmpfs", MS_NOSUID | MS_NODEV,
            options.c_str()) != 0) {
    return absl::ErrnoToStatus(errno, "cannot mount a tmpfs");
  }
  return disk;
}

SmallDisk::~SmallDisk() { umount2(path().c_str(), MNT_DETACH); }

bool SmallDisk::Fill() const {
  const int fd = open(FillerPath().c_str(),
                      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  constexpr std::array<char, 4096> kZeros{};
  while (write(fd, kZeros.data(), kZeros.size()) > 0) {
  }
  const bool full = errno == ENOSPC;
  close(fd);
  return full;
}

void SmallDisk::MakeRoom() const { unlink(FillerPath().c_str()); }

}  // namespace linktor::testing
