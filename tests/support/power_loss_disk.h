// This is the model behind PowerLossVfs. It knows which bytes and file names
// are certainly on the disk, and which changes have been made but not synced
// yet. It has no lock.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/power_loss_vfs.h"
#include "tests/support/seed.h"

namespace linktor {

// Returns the content of the file, or an empty text when there is no such file.
std::string BytesOf(const std::string& path);

// A DiskFile is the content of a file. The names of the file are kept
// elsewhere, because they can change.
class DiskFile {
 public:
  explicit DiskFile(std::string synced = "") : synced_(std::move(synced)) {}

  void Write(std::int64_t offset, std::string_view bytes);
  void Truncate(std::int64_t size);
  void Sync();
  // The unsynced changes never reach the disk.
  void FailSync() { unsynced_.clear(); }

  // Returns a content that the file may have after a power failure. Counts in
  // `damage` what happened to the unsynced changes.
  std::string LosePower(Random& dice, PowerLossVfs::Damage& damage) const;

 private:
  struct Change {
    bool truncates = false;
    // The bytes are written at this offset; for a truncation it is the new
    // size.
    std::size_t at = 0;
    std::string bytes;
  };
  static void Apply(const Change& change, std::string& content);
  // Applies some sectors of the change, and damages some of them.
  static void Tear(const Change& change, Random& dice, std::string& content);
  std::vector<const Change*> Survivors(Random& dice,
                                       PowerLossVfs::Damage& damage) const;

  std::string synced_;
  std::vector<Change> unsynced_;
};

class PowerLossDisk {
 public:
  // Returns the file of this name. A file that is on the real disk, but was not
  // used here before, counts as synced.
  DiskFile& Find(const std::string& path);
  void Create(const std::string& path);
  void Delete(const std::string& path);
  // Syncs the content of the file and its name.
  void Sync(const std::string& path, DiskFile& file);
  // Syncs all names as they are now.
  void SyncNames();

  // Chooses a state that a power failure may leave, and writes it to the real
  // disk. The model then starts again from this state.
  PowerLossVfs::Damage LosePower(Random& dice);

 private:
  // A NameChange is a name that was created or deleted. `file` is the file that
  // has this name afterwards; it is null after a deletion.
  struct NameChange {
    std::string path;
    DiskFile* file = nullptr;
  };
  // All files are kept until LosePower(), because connections may have them
  // open until then.
  std::vector<std::unique_ptr<DiskFile>> files_;
  std::map<std::string, DiskFile*> names_;
  std::map<std::string, DiskFile*> synced_names_;
  std::vector<NameChange> unsynced_names_;
};

}  // namespace linktor
