// Owns an open file descriptor, and closes it when the owner is destroyed. The
// data folder's lock uses it, and so does other code that works with files and
// sockets by their descriptors.

#pragma once

#include <unistd.h>

#include <utility>

namespace linktor {

// Only one thread at a time may use a UniqueFd, as with an int.
class UniqueFd {
 public:
  // Makes an object that owns nothing.
  UniqueFd() = default;
  // Takes over `fd`. A failed system call returns a negative number; with such
  // an `fd` the object owns nothing.
  explicit UniqueFd(int fd) : fd_(fd) {}
  // After a move the source owns nothing. When the target of an assignment
  // owned a descriptor, that descriptor is closed.
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  ~UniqueFd() { Reset(); }

  // Returns whether a descriptor is owned.
  bool valid() const { return fd_ >= 0; }
  // Returns the descriptor, which this object still owns. The result is
  // negative when the object owns none.
  int get() const { return fd_; }

  // Gives the descriptor to the caller, who must close it. This object owns
  // nothing afterwards.
  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }
  // Closes the descriptor that this object owns, if any, and takes over `fd`. A
  // failure of close is not reported: when it matters that data is on the disk,
  // the writer has called fsync before.
  void Reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace linktor
