#include "tests/support/power_loss_disk.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace linktor {
namespace {

// A good disk writes this number of bytes as a whole or not at all.
constexpr std::size_t kSector = 512;

constexpr std::string_view kSharedMemory = "-shm";

}  // namespace

std::string BytesOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// ---- Files ------------------------------------------------------------------

void DiskFile::Write(std::int64_t offset, std::string_view bytes) {
  unsynced_.push_back(
      {.at = static_cast<std::size_t>(offset), .bytes = std::string(bytes)});
}

void DiskFile::Truncate(std::int64_t size) {
  unsynced_.push_back(
      {.truncates = true, .at = static_cast<std::size_t>(size), .bytes = {}});
}

void DiskFile::Sync() {
  for (const Change& change : unsynced_) Apply(change, synced_);
  unsynced_.clear();
}

void DiskFile::Apply(const Change& change, std::string& content) {
  if (change.truncates) {
    if (content.size() > change.at) content.resize(change.at);
    return;
  }
  const std::size_t end = change.at + change.bytes.size();
  if (content.size() < end) content.resize(end, '\0');
  content.replace(change.at, change.bytes.size(), change.bytes);
}

void DiskFile::Tear(const Change& change, Random& dice, std::string& content) {
  const std::size_t end = change.at + change.bytes.size();
  for (std::size_t at = change.at; at < end;) {
    const std::size_t next = std::min(end, (at / kSector + 1) * kSector);
    Change sector{.at = at,
                  .bytes = change.bytes.substr(at - change.at, next - at)};
    at = next;
    const std::size_t fate = dice.Below(8);
    // Three sectors in eight do not arrive.
    if (fate < 3) continue;
    // One sector in eight arrives with zeros or garbage from some byte on.
    if (fate == 3) {
      const std::size_t from = dice.Below(sector.bytes.size());
      const bool garbage = dice.OneIn(2);
      for (std::size_t i = from; i < sector.bytes.size(); ++i) {
        sector.bytes[i] = garbage ? static_cast<char>(dice.Below(256)) : '\0';
      }
    }
    if (fate == 4) sector.bytes.resize(dice.Below(sector.bytes.size()));
    Apply(sector, content);
  }
}

std::vector<const DiskFile::Change*> DiskFile::Survivors(
    Random& dice, PowerLossVfs::Damage& damage) const {
  std::vector<const Change*> changes;
  changes.reserve(unsynced_.size());
  for (const Change& change : unsynced_) changes.push_back(&change);
  switch (dice.Below(8)) {
    case 0:
      changes.clear();
      break;
    case 1:
    case 2:
      break;
    case 3:
      changes.resize(dice.Below(changes.size() + 1));
      break;
    case 4:
      ++damage.reordered;
      for (std::size_t i = changes.size(); i > 1; --i) {
        std::swap(changes[i - 1], changes[dice.Below(i)]);
      }
      [[fallthrough]];
    default:
      const std::size_t lost_in = 1 + dice.Below(4);
      std::erase_if(changes,
                    [&](const Change*) { return dice.Below(5) < lost_in; });
  }
  return changes;
}

std::string DiskFile::LosePower(Random& dice,
                                PowerLossVfs::Damage& damage) const {
  std::string content = synced_;
  if (unsynced_.empty()) return content;
  const std::vector<const Change*> survivors = Survivors(dice, damage);
  damage.kept += static_cast<std::int64_t>(survivors.size());
  damage.lost += static_cast<std::int64_t>(unsynced_.size() - survivors.size());
  // In every second case none is torn.
  const std::size_t torn_one_in = dice.OneIn(2) ? 0 : 1 + dice.Below(12);
  for (const Change* change : survivors) {
    if (!change->truncates && torn_one_in > 0 && dice.OneIn(torn_one_in)) {
      ++damage.torn;
      Tear(*change, dice, content);
    } else {
      Apply(*change, content);
    }
  }
  return content;
}

// ---- The folder -------------------------------------------------------------

DiskFile& PowerLossDisk::Find(const std::string& path) {
  const auto known = names_.find(path);
  if (known != names_.end()) return *known->second;
  files_.push_back(std::make_unique<DiskFile>(BytesOf(path)));
  synced_names_[path] = files_.back().get();
  return *(names_[path] = files_.back().get());
}

void PowerLossDisk::Create(const std::string& path) {
  files_.push_back(std::make_unique<DiskFile>());
  names_[path] = files_.back().get();
  unsynced_names_.push_back({.path = path, .file = files_.back().get()});
}

void PowerLossDisk::Delete(const std::string& path) {
  // A file that was never opened may come back, too.
  Find(path);
  names_.erase(path);
  unsynced_names_.push_back({.path = path});
}

void PowerLossDisk::Sync(const std::string& path, DiskFile& file) {
  file.Sync();
  const auto now = names_.find(path);
  if (now == names_.end() || now->second != &file) return;
  synced_names_[path] = &file;
  std::erase_if(unsynced_names_, [&path](const NameChange& change) {
    return change.path == path;
  });
}

void PowerLossDisk::SyncNames() {
  synced_names_ = names_;
  unsynced_names_.clear();
}

PowerLossVfs::Damage PowerLossDisk::LosePower(Random& dice) {
  PowerLossVfs::Damage damage;
  std::map<std::string, DiskFile*> left = synced_names_;
  std::set<std::string> stopped;
  for (const NameChange& change : unsynced_names_) {
    // When a change of a name did not survive, later changes of the same name
    // did not survive either.
    if (stopped.contains(change.path) || dice.OneIn(2)) {
      stopped.insert(change.path);
      continue;
    }
    left[change.path] = change.file;
  }
  damage.names = static_cast<std::int64_t>(stopped.size());
  std::set<std::string> seen;
  for (const auto& [path, file] : names_) seen.insert(path);
  for (const NameChange& change : unsynced_names_) seen.insert(change.path);
  for (const std::string& path : seen) {
    std::filesystem::remove(path);
    std::filesystem::remove(path + std::string(kSharedMemory));
  }
  for (const auto& [path, file] : left) {
    if (file == nullptr) continue;
    std::ofstream(path, std::ios::binary) << file->LosePower(dice, damage);
  }
  files_.clear();
  names_.clear();
  synced_names_.clear();
  unsynced_names_.clear();
  return damage;
}

}  // namespace linktor
