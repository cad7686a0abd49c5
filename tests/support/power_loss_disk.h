// What is certainly on a disk, and what is on its way there: the model behind
// PowerLossVfs. It does not lock.

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

// A file, whatever its name.
class DiskFile {
 public:
  explicit DiskFile(std::string synced = "") : synced_(std::move(synced)) {}

  void Write(std::int64_t offset, std::string_view bytes);
  void Truncate(std::int64_t size);
  void Sync();
  // What is on its way never arrives.
  void FailSync() { unsynced_.clear(); }

  // Returns what a power failure may leave of it, and adds to `damage`.
  std::string LosePower(Random& dice, PowerLossVfs::Damage& damage) const;

 private:
  struct Change {
    bool truncates = false;
    // Where it writes, or the new size.
    std::size_t at = 0;
    std::string bytes;
  };
  static void Apply(const Change& change, std::string& content);
  // Some of its sectors arrive, and not all as they were written.
  static void Tear(const Change& change, Random& dice, std::string& content);
  std::vector<const Change*> Survivors(Random& dice,
                                       PowerLossVfs::Damage& damage) const;

  std::string synced_;
  std::vector<Change> unsynced_;
};

class PowerLossDisk {
 public:
  // The file of that name; one that is on the real disk and was never seen here
  // is certain as it is.
  DiskFile& Find(const std::string& path);
  void Create(const std::string& path);
  void Delete(const std::string& path);
  // Keeps the file and its name.
  void Sync(const std::string& path, DiskFile& file);
  // Keeps all names as they are now.
  void SyncNames();

  // Writes what a power failure may leave to the real disk, and begins anew.
  PowerLossVfs::Damage LosePower(Random& dice);

 private:
  // A name that came or went, by the file that it has since; null for none.
  struct NameChange {
    std::string path;
    DiskFile* file = nullptr;
  };
  // Files live as long as connections may have them open: until the power goes.
  std::vector<std::unique_ptr<DiskFile>> files_;
  std::map<std::string, DiskFile*> names_;
  std::map<std::string, DiskFile*> synced_names_;
  std::vector<NameChange> unsynced_names_;
};

}  // namespace linktor
