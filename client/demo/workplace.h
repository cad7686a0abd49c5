// Where the demo works: its programs, its data folder, its ports.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace linktor::demo {

// The path of a program beside our own executable.
std::string Sibling(std::string_view program);

// "127.0.0.1:<port>", or port 0 when somebody else listens there.
std::string FreeAddress(std::uint16_t port);

class Workplace {
 public:
  // Uses `folder`, made when it is missing, or a fresh temporary one when it
  // is empty.
  static absl::StatusOr<std::unique_ptr<Workplace>> Create(
      const std::string& folder);
  // Removes a temporary folder with all that is in it.
  ~Workplace();
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  const std::string& folder() const { return folder_; }
  bool temporary() const { return temporary_; }
  std::string Path(std::string_view name) const;

  // The master key's file, made with a random key when it is missing.
  absl::StatusOr<std::string> MasterKeyFile() const;

 private:
  Workplace(std::string folder, bool temporary);

  const std::string folder_;
  const bool temporary_;
};

}  // namespace linktor::demo
