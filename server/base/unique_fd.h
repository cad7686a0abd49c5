// Owns an open file descriptor, and closes it when the owner is destroyed. The
// lock of the data folder uses a UniqueFd, and so does other code that works
// with descriptors of files and sockets.

#pragma once

#include <unistd.h>

#include <utility>

namespace linktor {

// A UniqueFd is not thread-safe: only one thread at a time may use it.
class UniqueFd {
 public:
  // Makes an object that owns nothing.
  UniqueFd() = default;
  // Takes over `fd`. A failed system call returns a negative number; with such
  // an `fd` the object owns nothing.
  explicit UniqueFd(int fd) : fd_(fd) {}
  // After a move the object `other` owns nothing. A descriptor that the target
  // of an assignment owned before is closed.
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
  // failure of close is not reported. Code that must know whether its data is
  // on the disk calls fsync before.
  void Reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace linktor
