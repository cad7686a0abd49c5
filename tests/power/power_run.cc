#include "tests/power/power_run.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <latch>
#include <span>
#include <utility>

#include "server/base/status.h"
#include "server/sqlite/statement.h"
#include "tests/support/power_loss_disk.h"
#include "tests/unit/journal/state_dump.h"
#include "tests/unit/state/store_rig.h"

namespace linktor {
namespace {

constexpr int kMostLives = 3;
constexpr std::size_t kMostGroups = 60;
constexpr std::size_t kMostRecords = 8;

std::string DatabaseIn(const TempFolder& folder) {
  return folder.path() + "/gateway.db";
}

}  // namespace

PowerRun::PowerRun(std::uint64_t seed, PowerTally& tally)
    : dice_(seed), tally_(tally), vfs_(temp_.path()), records_(dice_) {}

PowerRun::~PowerRun() {
  reader_.reset();
  journal_.reset();
  folder_.reset();
}

void PowerRun::Run() {
  auto twin = Twin::Create();
  ASSERT_TRUE(twin.ok()) << twin.status();
  twin_ = *std::move(twin);
  const std::size_t lives = 1 + dice_.Below(kMostLives);
  for (std::size_t i = 0; i < lives && !testing::Test::HasFailure(); ++i) {
    Live();
  }
  if (testing::Test::HasFailure()) return;
  // At the end nothing goes wrong.
  EXPECT_TRUE(Start());
  if (!testing::Test::HasFailure())
    AppendOne(state::MakeNothing(records_.now_ms()));
  Follow();
}

void PowerRun::Live() {
  phase_ = "start:";
  constexpr std::size_t kFirstStart = 200;
  constexpr std::size_t kLaterStart = 40;
  if (dice_.OneIn(3)) {
    AimWithin(identity_.has_value() ? kLaterStart : kFirstStart);
  }
  if (Start() && !testing::Test::HasFailure()) {
    AppendGroups();
    if (testing::Test::HasFailure()) return;
    Stop();
  }
  LosePower();
}

// ---- Starting ---------------------------------------------------------------

bool PowerRun::Start() {
  if (!OpenFolder()) return false;
  journal::EmbeddedJournal::Options options{
      .max_batch_bytes = dice_.OneIn(3) ? 4'000u : 1'000'000u,
      .max_batch_time = absl::Hours(1),
      .checkpoint_pages = static_cast<std::int64_t>(25 + dice_.Below(100)),
      .runs = {4 + dice_.Below(60), 4 + dice_.Below(60)}};
  folder_->feed().Add([this](std::span<const journal::AppliedRecord> applied) {
    MutexLock lock(mutex_);
    for (const journal::AppliedRecord& one : applied) {
      told_.push_back(ToldRecord::Of(one.record, one.effects));
    }
    told_count_ += static_cast<std::int64_t>(applied.size());
  });
  const std::int64_t now_ms = records_.now_ms();
  auto journal = journal::EmbeddedJournal::Create(options, *folder_, now_ms,
                                                  [this](const absl::Status&) {
                                                    MutexLock lock(mutex_);
                                                    ++failures_;
                                                  });
  if (!journal.ok()) {
    EXPECT_TRUE(vfs_.is_cut()) << journal.status();
    journal::Record started = journal::NewRecord(now_ms);
    started.mutable_instance_started();
    NoteUnknown(std::move(started));
    return false;
  }
  ++applied_count_;
  incarnation_ = folder_->appender().incarnation;
  journal_ = *std::move(journal);
  // A read beside a checkpoint would leave it to chance what is written.
  (void)IsDead();
  records_.Reload(folder_->state());
  CheckRepeats();
  return true;
}

bool PowerRun::OpenFolder() {
  auto folder = journal::DataFolder::Open(temp_.path(), state::TestMasterKey());
  if (!folder.ok()) {
    EXPECT_TRUE(vfs_.is_cut()) << folder.status();
    return false;
  }
  folder_ = *std::move(folder);
  // Somebody who reads must not hold a checkpoint up for long.
  EXPECT_TRUE(folder_->writer().Execute("PRAGMA busy_timeout=0").ok());
  CheckIdentity();
  if (vfs_.is_cut()) return false;
  CheckIntegrity();
  CheckState();
  return !vfs_.is_cut();
}

// ---- Living -----------------------------------------------------------------

void PowerRun::AppendGroups() {
  if (vfs_.is_cut()) return;
  phase_ = "run:";
  constexpr std::size_t kCalls = 900;
  vfs_.CutAt(0);
  if (!dice_.OneIn(6)) AimWithin(kCalls);
  for (std::size_t i = 0; i < kMostGroups && !IsDead(); ++i) {
    Step();
    Follow();
    if (testing::Test::HasFailure()) return;
  }
}

// Most calls are writes, and most of those are of the log.
void PowerRun::AimWithin(std::size_t calls) {
  const auto within = [this](std::size_t most) {
    return static_cast<std::int64_t>(1 + dice_.Below(most));
  };
  switch (dice_.Below(6)) {
    case 0:
      return vfs_.CutAt(within(10));
    case 1:
    case 2:
      return vfs_.CutAt(within(1 + calls / 20), "sync");
    case 3: {
      constexpr std::array kRare = {"create", "truncate", "delete"};
      return vfs_.CutAt(within(2), kRare[dice_.Below(kRare.size())]);
    }
    default:
      return vfs_.CutAt(within(calls));
  }
}

void PowerRun::Step() {
  const std::size_t kind = dice_.Below(20);
  if (kind == 0) return CarryOutErasures();
  if (kind == 1) return HoldSnapshot();
  if (kind < 5) {
    for (journal::Record& one : records_.NextGroup(1)) {
      AppendOne(std::move(one));
    }
    return;
  }
  std::vector<journal::Record> group =
      records_.NextGroup(2 + dice_.Below(kMostRecords));
  const std::vector<journal::Ending> endings = Append(group);
  Note(group, endings);
}

void PowerRun::CarryOutErasures() {
  const auto due = folder_->state().LastDueErasure();
  if (!due.ok() || *due == 0) return;
  if (!journal_->BeginLogAnew().ok() || !journal_->CutLog().ok()) return;
  journal::Record record = journal::NewRecord(records_.now_ms());
  record.mutable_erased()->set_through_no(*due);
  AppendOne(std::move(record));
}

void PowerRun::HoldSnapshot() {
  if (std::exchange(reader_, nullptr) != nullptr) return;
  auto reader = sqlite::Database::Open(DatabaseIn(temp_),
                                       sqlite::Database::Mode::kReadOnly);
  if (!reader.ok()) return;
  reader_ = *std::move(reader);
  (void)reader_->Execute("BEGIN");
  (void)reader_->Execute("SELECT count(*) FROM events");
}

std::vector<journal::Ending> PowerRun::Append(
    std::vector<journal::Record> group) {
  std::vector<journal::Ending> endings(group.size());
  std::latch held(1);
  std::latch appended(1);
  std::latch answered(static_cast<std::ptrdiff_t>(group.size()));
  // The writer is held up by the answer to the first, so that the others wait
  // together.
  journal_->Append(std::move(group.front()), [&](journal::Ending ending) {
    endings.front() = std::move(ending);
    held.count_down();
    if (std::this_thread::get_id() != thread_) appended.wait();
    answered.count_down();
  });
  held.wait();
  for (std::size_t i = 1; i < group.size(); ++i) {
    journal_->Append(std::move(group[i]), [&, i](journal::Ending ending) {
      endings[i] = std::move(ending);
      answered.count_down();
    });
  }
  appended.count_down();
  answered.wait();
  return endings;
}

journal::Ending PowerRun::AppendOne(journal::Record record) {
  const journal::Ending ending = journal::AppendAndWait(*journal_, record);
  Note({std::move(record)}, {ending});
  return ending;
}

void PowerRun::Note(const std::vector<journal::Record>& group,
                    const std::vector<journal::Ending>& endings) {
  for (std::size_t i = 0; i < group.size(); ++i) {
    switch (endings[i].kind) {
      case journal::Ending::Kind::kApplied:
        EXPECT_TRUE(unknown_.empty()) << "it goes on after a failure";
        ++applied_count_;
        ++tally_.applied;
        break;
      case journal::Ending::Kind::kRefused:
        ++tally_.refused;
        if (endings[i].status.code() == absl::StatusCode::kInternal) {
          ++tally_.faulty;
        }
        break;
      case journal::Ending::Kind::kUnknown:
        EXPECT_TRUE(vfs_.is_cut()) << endings[i].status;
        NoteUnknown(group[i]);
        break;
    }
  }
}

void PowerRun::NoteUnknown(journal::Record record) {
  record.set_format(state::kRecordFormat);
  record.set_instance(folder_->appender().instance);
  record.set_incarnation(folder_->appender().incarnation);
  unknown_.push_back(std::move(record));
}

void PowerRun::Follow() {
  std::vector<ToldRecord> told;
  {
    MutexLock lock(mutex_);
    told = std::exchange(told_, {});
    EXPECT_EQ(told_count_, applied_count_)
        << "what the views are told is what is answered";
    EXPECT_EQ(failures_ > 0 ? 1 : 0, failures_) << "told once";
  }
  for (const ToldRecord& one : told) {
    for (const auto& [seq, id] : one.events) {
      EXPECT_EQ(seq, last_seq_ + 1) << "a sequence is left out";
      last_seq_ = seq;
    }
    records_.Learn(one);
  }
  const absl::Status followed = twin_->Follow(told);
  EXPECT_TRUE(followed.ok()) << followed;
}

bool PowerRun::IsDead() {
  return !journal_
              ->RunOnWriter([](sqlite::Database&) { return absl::OkStatus(); })
              .ok();
}

// ---- Ending -----------------------------------------------------------------

void PowerRun::Stop() {
  if (vfs_.is_cut() || dice_.OneIn(3)) return;
  phase_ = "stop:";
  vfs_.CutAt(0);
  if (!dice_.OneIn(4)) AimWithin(40);
  reader_.reset();
  journal_->Stop();
  journal_.reset();
  // The last connection writes the log into the database, and deletes it.
  folder_.reset();
}

void PowerRun::LosePower() {
  vfs_.Cut();
  ++tally_.cuts[phase_ + " " + vfs_.cut_at()];
  reader_.reset();
  journal_.reset();
  folder_.reset();
  Follow();
  {
    MutexLock lock(mutex_);
    failures_ = 0;
  }
  const PowerLossVfs::Damage damage =
      vfs_.Restore(dice_.Below(std::size_t{1} << 62));
  tally_.damage.lost += damage.lost;
  tally_.damage.kept += damage.kept;
  tally_.damage.torn += damage.torn;
  tally_.damage.reordered += damage.reordered;
  tally_.damage.names += damage.names;
  CheckErased();
}

// ---- Afterwards -------------------------------------------------------------

void PowerRun::CheckErased() {
  if (!records_.has_erased()) return;
  for (const auto& entry : std::filesystem::directory_iterator(temp_.path())) {
    ++tally_.searched;
    EXPECT_FALSE(records_.HoldsErased(BytesOf(entry.path().string())))
        << entry.path() << " holds what was erased";
  }
}

void PowerRun::CheckIdentity() {
  if (!identity_.has_value()) identity_ = folder_->identity();
  EXPECT_EQ(identity_->log_id, folder_->identity().log_id);
  EXPECT_EQ(identity_->epoch, folder_->identity().epoch);
  EXPECT_GT(folder_->appender().incarnation, incarnation_);
}

void PowerRun::CheckIntegrity() {
  sqlite::Statement check(folder_->writer(), "PRAGMA integrity_check");
  const auto row = check.Step();
  if (vfs_.is_cut()) return;
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(check.String(0), "ok");
}

void PowerRun::CheckState() {
  const auto found = journal::DumpState(DatabaseIn(temp_));
  if (vfs_.is_cut()) return;
  ASSERT_TRUE(found.ok()) << found.status();
  auto expected = twin_->Dump();
  ASSERT_TRUE(expected.ok()) << expected.status();
  if (*found != *expected && !unknown_.empty()) {
    ++tally_.unknown_kept;
    ASSERT_TRUE(twin_->Apply(unknown_).ok());
    expected = twin_->Dump();
    ASSERT_TRUE(expected.ok()) << expected.status();
  } else if (!unknown_.empty()) {
    ++tally_.unknown_lost;
  }
  unknown_.clear();
  EXPECT_TRUE(*found == *expected)
      << "found after the power failure, and expected: "
      << journal::DifferenceOf(*found, *expected);
  EXPECT_GE(folder_->last_seq(), last_seq_);
  last_seq_ = folder_->last_seq();
}

void PowerRun::CheckRepeats() {
  const auto oldest = folder_->state().OldestSeq();
  if (!oldest.ok()) {
    EXPECT_TRUE(vfs_.is_cut()) << oldest.status();
    return;
  }
  auto [delivery, items] = records_.Redelivery(*oldest);
  const journal::Ending again = AppendOne(std::move(delivery));
  if (again.applied()) {
    const auto& answer = std::get<state::DeliveryAnswer>(again.answer);
    // Meta's own repetition would be sealed anew.
    if (!answer.unreadable) {
      EXPECT_EQ(answer.duplicates, items);
    }
    EXPECT_EQ(answer.events, 0);
  }
  auto [claim, message_id] = records_.ClaimAgain();
  if (message_id.empty()) return;
  const journal::Ending claimed = AppendOne(std::move(claim));
  if (claimed.applied()) {
    const auto& answer = std::get<state::ClaimAnswer>(claimed.answer);
    // A send that FAILED is unknown when its person was erased.
    if (answer.kind != state::ClaimAnswer::Kind::kUnreadable) {
      EXPECT_EQ(answer.message.id, message_id);
    }
  }
}

}  // namespace linktor
