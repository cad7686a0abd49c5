// It is a new file for a secret that the server shows once. It is for the main
// thread only.

#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace linktor::cli {

// The file is there, with mode 0600, before the call that makes the secret: a
// path that cannot be written must not cost a key. Unless Write() succeeds the
// file goes with the object.
class SecretFile {
 public:
  // Returns INVALID_ARGUMENT when it cannot be created. A file that exists is
  // never overwritten: it may be the key that is in use.
  static absl::StatusOr<std::unique_ptr<SecretFile>> Create(
      const std::string& path);
  ~SecretFile();
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;

  // Writes the secret and a line end, and has the disk keep them. It is called
  // once.
  absl::Status Write(const std::string& secret);

  const std::string& path() const { return path_; }

 private:
  SecretFile(std::string path, int fd);

  const std::string path_;
  int fd_;
  bool written_ = false;
};

}  // namespace linktor::cli
