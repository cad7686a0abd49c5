// A SmallDisk is a disk of a few megabytes that a test can fill. It is a tmpfs
// that only the thread that mounts it, and what this thread starts, can see.

#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/support/temp_folder.h"

namespace linktor::testing {

// The destructor unmounts the disk and deletes it.
class SmallDisk {
 public:
  // Mounts a disk of this size. From then on, until it ends, the calling thread
  // has a mount table of its own. So the test must have created this thread for
  // the purpose. Threads and processes that it starts later see the disk as
  // well. Fails with PERMISSION_DENIED where only root may mount.
  static absl::StatusOr<std::unique_ptr<SmallDisk>> Mount(std::size_t bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Returns the folder on which the disk is mounted.
  const std::string& path() const { return folder_.path(); }

  // Fills the disk, so that there is no room for another page. Returns false
  // when that fails.
  bool Fill() const;
  // Frees the room that Fill() took.
  void MakeRoom() const;

 private:
  SmallDisk() = default;
  std::string FillerPath() const { return path() + "/filler"; }

  const TempFolder folder_;
};

}  // namespace linktor::testing
