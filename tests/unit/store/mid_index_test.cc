#include "server/store/mid_index.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "server/store/schema.h"
#include "tests/support/seed.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor {
namespace {

constexpr std::size_t kRun = 100;

// Spread over the whole range, as hashes are.
RawId Mid(std::uint64_t number) {
  return absl::StrFormat("%016x", number * 0x9E3779B97F4A7C15U);
}

class MidIndexTest : public testing::Test {
 protected:
  MidIndexTest() {
    auto database =
        Database::Open(folder_.path() + "/a.db", Database::Mode::kReadWrite);
    EXPECT_THAT(database, IsOk());
    database_ = *std::move(database);
    EXPECT_THAT(Migrate(*database_), IsOk());
    Reopen();
  }

  // As after a start.
  void Reopen() {
    index_ = std::make_unique<MidIndex>(*database_, kRun);
    ASSERT_THAT(index_->Load(), IsOk());
  }
  // One transaction with these sequences, each the mid of its number.
  void Commit(std::int64_t from, std::int64_t to) {
    ASSERT_THAT(database_->Execute("BEGIN"), IsOk());
    for (std::int64_t seq = from; seq <= to; ++seq) {
      ASSERT_THAT(index_->Add(Mid(seq), ItemKind::kMessage, seq), IsOk());
    }
    ASSERT_THAT(index_->Settle(), IsOk());
    ASSERT_THAT(database_->Execute("COMMIT"), IsOk());
  }
  std::int64_t Find(std::uint64_t number, ItemKind kind = ItemKind::kMessage) {
    const auto seq = index_->Find(Mid(number), kind);
    EXPECT_THAT(seq, IsOk());
    return seq.value_or(-1);
  }
  void ExpectAll(std::int64_t from, std::int64_t to) {
    for (std::int64_t seq = from; seq <= to; ++seq) {
      ASSERT_EQ(Find(seq), seq);
    }
  }
  std::int64_t Rows(const char* table) {
    Statement count(*database_,
                    absl::StrFormat("SELECT count(*) FROM %s", table).c_str());
    return count.Step().value_or(false) ? count.Int(0) : -1;
  }

  TempFolder folder_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<MidIndex> index_;
};

TEST_F(MidIndexTest, FindsByMidAndKind) {
  Commit(1, 3);
  ExpectAll(1, 3);
  EXPECT_EQ(Find(4), 0);
  EXPECT_EQ(Find(2, ItemKind::kPostback), 0);
}

TEST_F(MidIndexTest, RunsMoveWhileOthersCome) {
  for (std::int64_t at = 1; at <= 1000; at += 10) {
    Commit(at, at + 9);
    ExpectAll(1, at + 9);
  }
  EXPECT_GT(Rows("event_mids"), 700);
  EXPECT_LT(Rows("recent_mids"), 300);
  Reopen();
  ExpectAll(1, 1000);
}

// A run that a stop cut short is in both tables.
TEST_F(MidIndexTest, HalfMovedRunSurvivesAStart) {
  Commit(1, kRun);
  EXPECT_EQ(Rows("event_mids"), static_cast<std::int64_t>(kRun));
  Commit(1001, 1000 + kRun - 1);
  Commit(2001, 2001);
  EXPECT_GT(Rows("event_mids"), static_cast<std::int64_t>(kRun));
  EXPECT_EQ(Rows("recent_mids"), static_cast<std::int64_t>(kRun));
  Reopen();
  Commit(3001, 3200);
  ExpectAll(1, kRun);
  ExpectAll(1001, 1000 + kRun - 1);
  ExpectAll(2001, 2001);
  ExpectAll(3001, 3200);
}

TEST_F(MidIndexTest, RolledBackOnesAreGone) {
  Commit(1, 3);
  const std::uint64_t before = index_->version();
  ASSERT_THAT(database_->Execute("BEGIN"), IsOk());
  ASSERT_THAT(index_->Add(Mid(4), ItemKind::kMessage, 4), IsOk());
  EXPECT_EQ(Find(4), 4);
  ASSERT_THAT(database_->Execute("ROLLBACK"), IsOk());
  EXPECT_NE(index_->version(), before);
  ASSERT_THAT(index_->Load(), IsOk());
  EXPECT_EQ(Find(4), 0);
  ExpectAll(1, 3);
}

// A run that began in a transaction which failed must not end later ones'
// recent rows: their sequences are given out again.
TEST_F(MidIndexTest, RunOfAFailedCommitLeavesNoMark) {
  Commit(1, 3);
  ASSERT_THAT(database_->Execute("BEGIN"), IsOk());
  for (std::int64_t seq = 4; seq <= 1000; ++seq) {
    ASSERT_THAT(index_->Add(Mid(seq), ItemKind::kMessage, seq), IsOk());
  }
  ASSERT_THAT(index_->Settle(), IsOk());
  ASSERT_THAT(database_->Execute("ROLLBACK"), IsOk());
  ASSERT_THAT(index_->Load(), IsOk());
  Commit(4, kRun);
  for (std::int64_t at = kRun + 1; at <= 220; at += 10) Commit(at, at + 9);
  Reopen();
  ExpectAll(1, 220);
}

// Their events are deleted: a run under way must not bring them back.
TEST_F(MidIndexTest, ForgottenOnesStayForgotten) {
  Commit(1, kRun - 1);
  Commit(kRun, kRun);
  ASSERT_EQ(Rows("event_mids"), 64);
  ASSERT_THAT(database_->Execute("BEGIN"), IsOk());
  ASSERT_THAT(index_->ForgetThrough(kRun), IsOk());
  ASSERT_THAT(database_->Execute("DELETE FROM event_mids"), IsOk());
  ASSERT_THAT(database_->Execute("COMMIT"), IsOk());
  Commit(kRun + 1, kRun + 50);
  EXPECT_EQ(Rows("event_mids"), 0);
  EXPECT_EQ(Find(5), 0);
  ExpectAll(kRun + 1, kRun + 50);
}

}  // namespace
}  // namespace linktor
