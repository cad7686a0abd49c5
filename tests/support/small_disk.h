// A SmallDisk is a disk of a few megabytes that a test may fill: a tmpfs that
// is mounted where no other process sees it.

#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/support/temp_folder.h"

namespace linktor::testing {

// The disk is unmounted and deleted when the object goes.
class SmallDisk {
 public:
  // Mounts a disk of that size. The calling thread has mounts of its own from
  // then on, for good, so it must be one that the test has made. The threads
  // and processes that it starts afterwards see the disk as well.
  // PERMISSION_DENIED where only root may mount.
  static absl::StatusOr<std::unique_ptr<SmallDisk>> Mount(std::size_t bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Returns the folder on which the disk is mounted.
  const std::string& path() const { return folder_.path(); }

  // Leaves no room for another page. Returns false when that cannot be done.
  bool Fill() const;
  // Frees the room that Fill took.
  void MakeRoom() const;

 private:
  SmallDisk() = default;
  std::string FillerPath() const { return path() + "/filler"; }

  const TempFolder folder_;
};

}  // namespace linktor::testing
