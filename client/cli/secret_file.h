// A SecretFile is a new file for a secret that the server shows only once. It
// is for the main thread only.

#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace linktor::cli {

// The file is created, with mode 0600, before the call that makes the secret.
// Otherwise a path that cannot be written would be noticed only after the call,
// and the secret of the new key would be lost. The destructor deletes the file
// unless Write() has succeeded.
class SecretFile {
 public:
  // Returns INVALID_ARGUMENT when the file cannot be created. A file that
  // exists is never overwritten, because it may hold the key that is in use.
  static absl::StatusOr<std::unique_ptr<SecretFile>> Create(
      const std::string& path);
  ~SecretFile();
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;

  // Writes the secret and a line end, and syncs the file to the disk. It may be
  // called only once.
  absl::Status Write(const std::string& secret);

  const std::string& path() const { return path_; }

 private:
  SecretFile(std::string path, int fd);

  const std::string path_;
  int fd_;
  bool written_ = false;
};

}  // namespace linktor::cli
