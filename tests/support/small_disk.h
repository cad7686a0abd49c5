// A disk of a few megabytes that a test may fill: a tmpfs, mounted where nobody
// else sees it.

#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/support/temp_folder.h"

namespace linktor::testing {

// Unmounted and deleted when it goes.
class SmallDisk {
 public:
  // Gives the calling thread mounts of its own for good: call it on a thread of
  // the test's own. What that thread starts afterwards, threads and processes,
  // sees the disk as well. PERMISSION_DENIED where only root may mount.
  static absl::StatusOr<std::unique_ptr<SmallDisk>> Mount(std::size_t bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // The folder on which it is mounted.
  const std::string& path() const { return folder_.path(); }

  // Leaves no room for another page. False when that cannot be done.
  bool Fill() const;
  // Gives back what Fill took.
  void MakeRoom() const;

 private:
  SmallDisk() = default;
  std::string FillerPath() const { return path() + "/filler"; }

  const TempFolder folder_;
};

}  // namespace linktor::testing
