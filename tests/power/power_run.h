// The run of one seed: a journal lives on a disk that loses power, several
// times, and each time what is found afterwards is compared with what was
// answered.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "server/base/mutex.h"
#include "server/journal/data_folder.h"
#include "server/journal/embedded_journal.h"
#include "tests/power/record_stream.h"
#include "tests/power/told_record.h"
#include "tests/power/twin.h"
#include "tests/support/power_loss_vfs.h"
#include "tests/support/seed.h"
#include "tests/support/temp_folder.h"

namespace linktor {

// What the runs of all seeds have met with.
struct PowerTally {
  // How often the power went, by the phase and the call.
  std::map<std::string, std::int64_t> cuts;
  PowerLossVfs::Damage damage;
  std::int64_t applied = 0;
  std::int64_t refused = 0;
  // Records that Apply refused.
  std::int64_t faulty = 0;
  // How often files were searched for what was erased.
  std::int64_t searched = 0;
  // Batches whose end was unknown, by whether they were there afterwards.
  std::int64_t unknown_kept = 0;
  std::int64_t unknown_lost = 0;
};

class PowerRun {
 public:
  PowerRun(std::uint64_t seed, PowerTally& tally);
  ~PowerRun();

  // Fails the test when anything is not as it was answered.
  void Run();

 private:
  // The power goes during the start, while records are appended, at a stop, or
  // afterwards.
  void Live();
  // Returns whether the journal is there.
  bool Start();
  bool OpenFolder();
  void AppendGroups();
  // Chooses when the power goes: within about so many calls.
  void AimWithin(std::size_t calls);
  void Step();
  void CarryOutErasures();
  void HoldSnapshot();
  void Stop();
  void LosePower();

  // Appends the first alone and the others together, and waits.
  std::vector<journal::Ending> Append(std::vector<journal::Record> group);
  journal::Ending AppendOne(journal::Record record);
  // Sorts records by how they ended.
  void Note(const std::vector<journal::Record>& group,
            const std::vector<journal::Ending>& endings);
  void NoteUnknown(journal::Record record);
  void Follow();
  // Whether nothing is taken any more. When it returns, the writer is idle.
  bool IsDead();

  // Files hold nothing whose erasure was carried out.
  void CheckErased();
  void CheckIntegrity();
  void CheckIdentity();
  void CheckState();
  // What was answered is known again: nothing of it is done twice.
  void CheckRepeats();

  Random dice_;
  PowerTally& tally_;
  TempFolder temp_{TempFolder::MemoryParent()};
  PowerLossVfs vfs_;
  std::unique_ptr<Twin> twin_;
  RecordStream records_;
  const std::thread::id thread_ = std::this_thread::get_id();

  std::unique_ptr<journal::DataFolder> folder_;
  std::unique_ptr<journal::EmbeddedJournal> journal_;
  // Another connection, which reads.
  std::unique_ptr<sqlite::Database> reader_;
  std::string phase_;

  // What was given out.
  std::optional<journal::LogIdentity> identity_;
  std::int64_t incarnation_ = 0;
  std::int64_t last_seq_ = 0;
  // Records of the last batch whose end is unknown.
  std::vector<journal::Record> unknown_;

  Mutex mutex_;
  std::vector<ToldRecord> told_ ABSL_GUARDED_BY(mutex_);
  std::int64_t told_count_ ABSL_GUARDED_BY(mutex_) = 0;
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t applied_count_ = 0;
};

}  // namespace linktor
