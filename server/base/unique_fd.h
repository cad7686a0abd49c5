// Owns an open file descriptor, which is closed when its owner goes. The data
// folder's lock, and whoever reads or writes files by descriptor, use it.

#pragma once

#include <unistd.h>

#include <utility>

namespace linktor {

// Like an int, it belongs to one thread at a time.
class UniqueFd {
 public:
  // Owns nothing.
  UniqueFd() = default;
  // Takes over `fd`; a negative one, as a failed call returns it, owns nothing.
  explicit UniqueFd(int fd) : fd_(fd) {}
  // The source of a move owns nothing afterwards. A descriptor that the target
  // of an assignment had is closed.
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  ~UniqueFd() { Reset(); }

  // Returns whether a descriptor is owned.
  bool valid() const { return fd_ >= 0; }
  // Returns the descriptor, which stays owned here; negative when there is
  // none.
  int get() const { return fd_; }

  // Gives the descriptor away; the caller closes it. This owns nothing
  // afterwards.
  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }
  // Closes the descriptor that is owned, if any, and takes over `fd`. A failure
  // of close is not told: where written data matters, the writer has called
  // fsync before.
  void Reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace linktor
