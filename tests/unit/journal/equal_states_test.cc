// Apply is deterministic: states that have applied the same log say the same,
// whatever their batches were, and whenever they were opened.
//
//   LINKTOR_TEST_SEED       one run with this seed
//   LINKTOR_EQUAL_RECORDS   how many records, instead of kRecords

#include <gtest/gtest.h>

#include <iostream>
#include <span>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "tests/fakes/memory_journal.h"
#include "tests/support/environment.h"
#include "tests/support/sanitized.h"
#include "tests/unit/journal/random_records.h"
#include "tests/unit/journal/state_dump.h"

namespace linktor::journal {
namespace {

// The test takes about 15 s, and 30 to 60 s with a sanitizer.
constexpr std::uint64_t kRecords = kSanitized ? 10'000 : 60'000;
constexpr std::int64_t kRecordsBetweenDumps = kRecords / 6;
constexpr std::size_t kMostTogether = 64;

constexpr char kPoisonAndNoSync[] =
    "CREATE TRIGGER IF NOT EXISTS poison_event BEFORE INSERT ON events "
    "WHEN NEW.user_id = '666' BEGIN SELECT RAISE(ABORT, 'poison'); END;"
    "CREATE TRIGGER IF NOT EXISTS poison_message BEFORE INSERT ON messages "
    "WHEN NEW.user_id = '666' BEGIN SELECT RAISE(ABORT, 'poison'); END;"
    // Durability is not tested here.
    "PRAGMA synchronous=OFF";

void Prepare(sqlite::Database& writer) {
  const absl::Status done = writer.Execute(kPoisonAndNoSync);
  ASSERT_TRUE(done.ok()) << done;
}

// Returns the effects of a record, as text.
std::string Describe(const AppliedRecord& one) {
  const state::Effects& effects = one.effects;
  std::string text = absl::StrCat(effects.answer.index(), ";");
  if (const auto* answer =
          std::get_if<state::DeliveryAnswer>(&effects.answer)) {
    absl::StrAppend(&text, answer->events, " ", answer->duplicates, " ",
                    answer->ignored, " ", answer->issues, " ",
                    answer->quarantined, ";");
  }
  if (const auto* answer = std::get_if<state::ClaimAnswer>(&effects.answer)) {
    absl::StrAppend(&text, static_cast<int>(answer->kind), " ", answer->time_ms,
                    ";");
  }
  if (const auto* answer = std::get_if<state::RedriveAnswer>(&effects.answer)) {
    for (const state::RedriveEnd end : answer->ends) {
      absl::StrAppend(&text, static_cast<int>(end), ";");
    }
  }
  for (const state::CommittedEvent& event : effects.events) {
    absl::StrAppend(&text, event.seq, " ", event.type, " ", event.user_id, " ",
                    std::string(event.id), " ", event.decided, ";");
  }
  for (const state::MessageRow& row : effects.messages) {
    absl::StrAppend(&text, std::string(row.id), " ", row.state, " ",
                    row.settled_by, " ", row.attempt, " ", row.mid, " ",
                    row.echo_ms, " ", row.no, ";");
  }
  for (const state::ChannelRow& row : effects.channels) {
    absl::StrAppend(&text, row.id, " ", row.no, " ", row.revision,
                    row.deleted ? " deleted;" : ";");
  }
  for (const state::ApiKeyRow& row : effects.api_keys) {
    absl::StrAppend(&text, row.id, " ", row.revision,
                    row.deleted ? " deleted;" : ";");
  }
  for (const state::ConversationRow& row : effects.names) {
    absl::StrAppend(&text, row.channel_no, " ", row.user_id, ";");
  }
  for (const auto& key : effects.data_keys) absl::StrAppend(&text, key.id());
  for (const auto seq : effects.erased_events) absl::StrAppend(&text, seq, ",");
  for (const auto id : effects.destroyed_keys) absl::StrAppend(&text, id, ",");
  absl::StrAppend(&text, effects.due_erasure);
  return text;
}

// Names a record: who appended it, and its number.
std::string NameOf(const journal::Record& record) {
  return absl::StrCat(record.instance(), record.incarnation(), " ",
                      record.number());
}

class EqualStatesTest : public testing::Test {
 protected:
  EqualStatesTest()
      : seed_(TestSeed()),
        records_(static_cast<std::int64_t>(
            NumberFromEnvironment("LINKTOR_EQUAL_RECORDS", kRecords))),
        random_(seed_),
        first_(log_, {.stepped = true, .runs = {256, 200}, .prepare = Prepare}),
        second_(log_, {.stepped = true, .prepare = Prepare}) {
    std::cout << "LINKTOR_TEST_SEED=" << seed_
              << " LINKTOR_EQUAL_RECORDS=" << records_ << "\n";
  }

  void OpenFirst();
  // With a mid index that moves at another pace each time.
  void OpenSecond();
  // Appends some records, by both.
  void AppendSome();
  // Applies the log to it, in batches of a new size.
  void Pump(MemoryInstance& instance, std::size_t most);
  // Applies all of the log to both, and compares them.
  void Compare();

  Random& random() { return random_.random(); }
  std::size_t SomeRecords() { return 1 + random().Below(kMostTogether); }

  const std::uint64_t seed_;
  const std::int64_t records_;
  RandomRecords random_;
  SharedLog log_;
  MemoryInstance first_;
  MemoryInstance second_;
  // The first has told this; it stays until the second tells the same.
  absl::flat_hash_map<std::string, std::string> told_;
  std::int64_t told_the_same_ = 0;
};

void EqualStatesTest::OpenFirst() {
  const absl::Status opened =
      first_.Open([this](std::span<const AppliedRecord> records) {
        random_.Learn(records);
        for (const AppliedRecord& one : records) {
          told_[NameOf(one.record)] = Describe(one);
        }
      });
  ASSERT_TRUE(opened.ok()) << opened;
}

void EqualStatesTest::OpenSecond() {
  // Runs that are moved at once, and those that take long.
  const auto size = [this] {
    return random().OneIn(2) ? 1 + random().Below(100)
                             : 1000 + random().Below(500);
  };
  second_.options().runs = {.mids = size(), .heads = size()};
  const absl::Status opened =
      second_.Open([this](std::span<const AppliedRecord> records) {
        for (const AppliedRecord& one : records) {
          // It may be ahead with its own start, of which the first tells later.
          const auto it = told_.find(NameOf(one.record));
          if (it == told_.end()) continue;
          EXPECT_EQ(Describe(one), it->second);
          told_.erase(it);
          ++told_the_same_;
        }
      });
  ASSERT_TRUE(opened.ok()) << opened;
}

void EqualStatesTest::AppendSome() {
  for (std::size_t i = SomeRecords(); i > 0; --i) {
    MemoryInstance& by = random().OneIn(3) ? second_ : first_;
    state::SealedRecord made = random_.Next(by.folder().sealer());
    AppendSealed(
        by.journal(), std::move(made.keys),
        {.record = std::move(made.record), .clear = std::move(made.clear)},
        [](const Ending&) {});
  }
}

void EqualStatesTest::Pump(MemoryInstance& instance, std::size_t most) {
  instance.journal().SetBatchRecords(SomeRecords());
  instance.journal().Pump(most);
  ASSERT_TRUE(instance.journal().stopped().ok())
      << instance.journal().stopped();
}

void EqualStatesTest::Compare() {
  // Records that one applies may let it append more.
  while (first_.journal().applied() < log_.last_position() ||
         second_.journal().applied() < log_.last_position()) {
    Pump(first_, log_.last_position());
    Pump(second_, log_.last_position());
  }
  const auto first = DumpState(first_.database_path());
  const auto second = DumpState(second_.database_path());
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ(DifferenceOf(*first, *second), "");
  told_.clear();
}

TEST_F(EqualStatesTest, SayTheSameAfterTheSameLog) {
  OpenFirst();
  OpenSecond();
  std::int64_t next_dump = kRecordsBetweenDumps;
  while (log_.last_position() < records_ && !HasFailure()) {
    AppendSome();
    Pump(first_, log_.last_position());
    if (random().OneIn(3)) Pump(second_, random().Below(500));
    if (random().OneIn(40)) {
      second_.Close();
      OpenSecond();
    }
    if (log_.last_position() >= next_dump) {
      Compare();
      next_dump += kRecordsBetweenDumps;
    }
  }
  Compare();
  EXPECT_GT(told_the_same_, records_ / 4);
}

}  // namespace
}  // namespace linktor::journal
