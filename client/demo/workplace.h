// This header finds the programs of the demo and its ports. A Workplace is the
// folder with its data.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace linktor::demo {

// Returns the path of a program in the folder of the demo's own executable.
std::string Sibling(std::string_view program);

// Returns "127.0.0.1:<port>". When another program uses the port, returns port
// 0, which means any free port.
std::string FreeAddress(std::uint16_t port);

class Workplace {
 public:
  // Uses `folder`, and makes it when it does not exist. When `folder` is empty,
  // makes a new temporary folder.
  static absl::StatusOr<std::unique_ptr<Workplace>> Create(
      const std::string& folder);
  // Removes the folder and all that is in it, if the folder is temporary.
  ~Workplace();
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  const std::string& folder() const { return folder_; }
  bool temporary() const { return temporary_; }
  std::string Path(std::string_view name) const;

  // Returns the path of the file with the master key. Makes the file with a
  // random key when it does not exist.
  absl::StatusOr<std::string> MasterKeyFile() const;

 private:
  Workplace(std::string folder, bool temporary);

  const std::string folder_;
  const bool temporary_;
};

}  // namespace linktor::demo
