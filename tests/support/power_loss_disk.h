// This is the model behind PowerLossVfs: it knows which bytes and names are
// certainly on the disk, and which changes are on their way there. It does not
// lock.

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

// Returns what is in the file; nothing when there is none.
std::string BytesOf(const std::string& path);

// A DiskFile is the content of a file, whatever names the file has.
class DiskFile {
 public:
  explicit DiskFile(std::string synced = "") : synced_(std::move(synced)) {}

  void Write(std::int64_t offset, std::string_view bytes);
  void Truncate(std::int64_t size);
  void Sync();
  // The changes that are on their way never arrive.
  void FailSync() { unsynced_.clear(); }

  // Returns a content that a power failure may leave, and counts in `damage`
  // what it has changed.
  std::string LosePower(Random& dice, PowerLossVfs::Damage& damage) const;

 private:
  struct Change {
    bool truncates = false;
    // The bytes are written from here on, or this is the new size.
    std::size_t at = 0;
    std::string bytes;
  };
  static void Apply(const Change& change, std::string& content);
  // Applies some of the change's sectors, and not all as they were written.
  static void Tear(const Change& change, Random& dice, std::string& content);
  std::vector<const Change*> Survivors(Random& dice,
                                       PowerLossVfs::Damage& damage) const;

  std::string synced_;
  std::vector<Change> unsynced_;
};

class PowerLossDisk {
 public:
  // Returns the file of that name. A file that is on the real disk and was
  // never seen here is certain as it is.
  DiskFile& Find(const std::string& path);
  void Create(const std::string& path);
  void Delete(const std::string& path);
  // Keeps the file and its name.
  void Sync(const std::string& path, DiskFile& file);
  // Keeps all names as they are now.
  void SyncNames();

  // Writes to the real disk what a power failure may leave, and begins anew
  // with that.
  PowerLossVfs::Damage LosePower(Random& dice);

 private:
  // A NameChange is a name that came or went. `file` is the one that it names
  // since then; null when it names none.
  struct NameChange {
    std::string path;
    DiskFile* file = nullptr;
  };
  // Files live until the power goes, because connections may have them open
  // until then.
  std::vector<std::unique_ptr<DiskFile>> files_;
  std::map<std::string, DiskFile*> names_;
  std::map<std::string, DiskFile*> synced_names_;
  std::vector<NameChange> unsynced_names_;
};

}  // namespace linktor
