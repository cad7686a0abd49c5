// Shorthands for the tests of backups and restores.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/clock.h"
#include "server/events/cursor.h"
#include "server/journal/backup.h"
#include "server/journal/restore.h"
#include "server/state/state_reader.h"
#include "tests/fakes/fake_clock.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {

inline RunOnWriter WriterOf(state::StoreRig& rig) {
  return [&rig](EmbeddedJournal::WriterTask task) {
    return rig.journal().RunOnWriter(std::move(task));
  };
}

inline bool GoOn(std::int64_t, std::int64_t) { return true; }

// Backs up a folder that is in use.
inline absl::StatusOr<BackupManifest> BackUp(state::StoreRig& rig,
                                             const std::string& to,
                                             char key = 'k') {
  const FakeClock clock(absl::FromUnixMillis(state::kNowMs));
  const auto time = CopyForBackup(WriterOf(rig), clock, to, GoOn);
  if (!time.ok()) return time.status();
  return FinishBackup(to, *time, state::TestMasterKey(key), [](FinishStep) {});
}

inline absl::StatusOr<BackupManifest> RestoreTo(const std::string& from,
                                                const std::string& data_dir,
                                                char key = 'k') {
  return RestoreBackup({.from = from,
                        .data_dir = data_dir,
                        .master_key = state::TestMasterKey(key)},
                       [](RestoreStep) {});
}

// The names in a folder, sorted; none when there is no folder.
inline std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// A data folder as a server has it open, without its journal.
class OpenFolder {
 public:
  explicit OpenFolder(const std::string& data_dir) {
    auto opened = DataFolder::Open(data_dir, state::TestMasterKey());
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (opened.ok()) folder_ = *std::move(opened);
  }
  bool ok() const { return folder_ != nullptr; }
  const LogIdentity& identity() const { return folder_->identity(); }
  std::int64_t last_seq() const { return folder_->last_seq(); }
  // Returns the mids of all events, in the order of the events.
  std::vector<std::string> Mids() {
    std::vector<std::string> mids;
    auto page = folder_->events().Read({.last_seq = last_seq(),
                                        .max_rows = 1'000'000,
                                        .max_events = 1'000'000,
                                        .max_bytes = 1U << 30U},
                                       [](auto, auto, auto) { return true; });
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return mids;
    for (const state::CommittedEvent& event : page->events) {
      mids.push_back(state::MergeEvent(event).message_received().mid());
    }
    return mids;
  }

 private:
  std::unique_ptr<DataFolder> folder_;
};

}  // namespace linktor::journal
