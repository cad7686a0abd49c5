#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "tests/support/seed.h"
#include "tests/unit/state/mid_index_fixture.h"

namespace linktor::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(MidIndexTest, FindsByMidAndKind) {
  CommitTo(3);
  ExpectAll(1, 3);
  EXPECT_EQ(Find(4), 0);
  EXPECT_EQ(Find(2, kPostbackKind), 0);
}

TEST_F(MidIndexTest, FindsWhatIsNotCommittedYet) {
  Begin();
  Add(1);
  EXPECT_EQ(Find(1), 1);
  Commit();
  EXPECT_EQ(Find(1), 1);
}

// ---- Runs -------------------------------------------------------------------

TEST_F(MidIndexTest, NewOnesAreInMemoryAlone) {
  CommitTo(kMidRun - 1);
  EXPECT_EQ(InMemory(kMidRun - 1), kMidRun - 1);
  EXPECT_EQ(InTable(), 0);
  Reopen();
  EXPECT_EQ(InMemory(kMidRun - 1), kMidRun - 1) << "read from their events";
  ExpectAll(1, kMidRun - 1);
}

TEST_F(MidIndexTest, ARunBeginsWhenEnoughAreCommitted) {
  CommitTo(kMidRun - 1);
  CommitTo(kMidRun);
  EXPECT_EQ(InTable(), 0) << "it begins after the commit";
  CommitTo(kMidRun + 1);
  EXPECT_EQ(InTable(), 64) << "the least that a commit moves";
  EXPECT_EQ(InMemory(kMidRun + 1), kMidRun + 1) << "until all of it is moved";
  EXPECT_EQ(state_.mids_through, 0);
  CommitTo(kMidRun + 2);
  EXPECT_EQ(InTable(), kMidRun);
  EXPECT_EQ(InMemory(kMidRun + 2), 2);
  EXPECT_EQ(state_.mids_through, kMidRun);
  ExpectAll(1, kMidRun + 2);
}

TEST_F(MidIndexTest, ACommitMovesTwiceWhatItAddsButNeverMore) {
  constexpr std::int64_t kLarge = 10'000;
  Reopen(kLarge);
  CommitTo(kLarge);
  CommitTo(kLarge + 100);
  EXPECT_EQ(InTable(), 200);
  CommitTo(kLarge + 5'000);
  EXPECT_EQ(InTable(), 200 + 4096) << "so that no commit is long";
}

TEST_F(MidIndexTest, RunsMoveWhileOthersCome) {
  for (std::int64_t at = 10; at <= 1000; at += 10) {
    CommitTo(at);
    ExpectAll(1, at);
  }
  EXPECT_GT(InTable(), 700);
  EXPECT_LT(InMemory(1000), 300);
  Reopen();
  ExpectAll(1, 1000);
}

TEST_F(MidIndexTest, RunThatAStopCutShortIsMovedAgain) {
  CommitTo(kMidRun);
  CommitTo(kMidRun + 1);
  ASSERT_EQ(InTable(), 64);
  Reopen();
  ExpectAll(1, kMidRun + 1);
  EXPECT_EQ(InMemory(kMidRun + 1), kMidRun + 1);
  CommitTo(kMidRun + 2);
  CommitTo(kMidRun + 3);
  EXPECT_EQ(InTable(), kMidRun + 1) << "its run has one more";
  ExpectAll(1, kMidRun + 3);
}

TEST_F(MidIndexTest, AfterAStartOnlyWhatIsNotMovedIsRead) {
  CommitTo(kMidRun);
  CommitTo(kMidRun + 1);
  CommitTo(kMidRun + 2);
  Reopen();
  EXPECT_EQ(InMemory(kMidRun + 2), 2);
  ExpectAll(1, kMidRun + 2);
}

// A start reads the events that the table lacks, so there must not be many.
TEST_F(MidIndexTest, ManyEventsWithoutMidBeginARun) {
  CommitTo(3);
  Begin();
  state_.last_seq = 4 * kMidRun - 1;
  Commit();
  Begin();
  Commit();
  EXPECT_EQ(state_.mids_through, 0);
  Begin();
  ++state_.last_seq;
  Commit();
  Begin();
  Commit();
  EXPECT_EQ(state_.mids_through, 4 * kMidRun);
  EXPECT_EQ(InTable(), 3);
  Begin();
  state_.last_seq = 8 * kMidRun;
  Commit();
  Begin();
  Commit();
  EXPECT_EQ(state_.mids_through, 8 * kMidRun) << "a run of no mids";
  ExpectAll(1, 3);
}

// Events without a mid are not in the index, and no hole in it either.
TEST_F(MidIndexTest, EventsWithoutMidAreSkipped) {
  CommitTo(2);
  Run("INSERT INTO events (seq, id, type, channel_no, channel_id, user_id, "
      "event_ms, receive_ms, mid_kind, advances) VALUES (3, x'00', '', 1, '', "
      "'', 0, 0, 0, 0)");
  state_.last_seq = 3;
  Reopen();
  CommitTo(5);
  ExpectAll(1, 2);
  EXPECT_EQ(Find(3), 0);
  ExpectAll(4, 5);
}

// ---- Several events of one mid ----------------------------------------------

TEST_F(MidIndexTest, KindsAreApart) {
  Begin();
  Add(1, kMessageKind);
  Add(1, kPostbackKind);
  Commit();
  EXPECT_EQ(Find(1, kMessageKind), 1);
  EXPECT_EQ(Find(1, kPostbackKind), 2);
  EXPECT_THAT(recent_->Find(NumberedMid(1), kMessageKind), ElementsAre(1));
  EXPECT_THAT(recent_->Find(NumberedMid(1), journal::ITEM_KIND_ECHO),
              IsEmpty());
  EXPECT_THAT(FindContent(1), ElementsAre(1, 2))
      << "for what concerns all of them";
}

TEST_F(MidIndexTest, OldestIsFoundWhereverItIs) {
  Begin();
  Add(7);
  Add(7);
  Commit();
  EXPECT_THAT(recent_->Find(NumberedMid(7), kMessageKind), ElementsAre(1, 2));
  EXPECT_EQ(Find(7), 1);
  CommitTo(kMidRun);
  CommitTo(kMidRun + 1);
  CommitTo(kMidRun + 2);
  ASSERT_THAT(recent_->Find(NumberedMid(7), kMessageKind), IsEmpty())
      << "moved";
  Begin();
  Add(7);
  Commit();
  EXPECT_EQ(Find(7), 1) << "in the table, before the one in memory";
}

// ---- Rollbacks --------------------------------------------------------------

TEST_F(MidIndexTest, RolledBackOnesAreGone) {
  CommitTo(3);
  Begin();
  Add(4);
  EXPECT_EQ(Find(4), 4);
  RollBack();
  EXPECT_EQ(Find(4), 0);
  ExpectAll(1, 3);
  CommitTo(5);
  ExpectAll(1, 5);
}

// A record that fails within a transaction takes back its own alone.
TEST_F(MidIndexTest, RollbackToASavepointKeepsWhatCameBefore) {
  Begin();
  Add(1);
  const LogState before = state_;
  const MidIndex::Position mark = index_->Mark();
  Run("SAVEPOINT one");
  Add(2);
  Run("ROLLBACK TO one");
  state_ = before;
  ASSERT_THAT(index_->Restore(mark, state_), IsOk());
  EXPECT_EQ(Find(1), 1);
  EXPECT_EQ(Find(2), 0);
  Commit();
  ExpectAll(1, 1);
}

// A failed commit has moved nothing, and must not be taken for one that did.
TEST_F(MidIndexTest, FailedCommitMovesNothing) {
  CommitTo(kMidRun);
  Begin();
  Add(kMidRun + 1);
  ASSERT_THAT(index_->Settle(state_), IsOk());
  EXPECT_EQ(InTable(), 64);
  RollBack();
  EXPECT_EQ(InTable(), 0);
  CommitTo(kMidRun + 1);
  CommitTo(kMidRun + 2);
  EXPECT_EQ(InTable(), kMidRun);
  Reopen();
  ExpectAll(1, kMidRun + 2);
}

TEST_F(MidIndexTest, FailedLastCommitOfARunLeavesItOpen) {
  CommitTo(kMidRun);
  CommitTo(kMidRun + 1);
  Begin();
  Add(kMidRun + 2);
  ASSERT_THAT(index_->Settle(state_), IsOk());
  ASSERT_EQ(state_.mids_through, kMidRun);
  RollBack();
  EXPECT_EQ(state_.mids_through, 0);
  Reopen();
  ExpectAll(1, kMidRun + 1);
}

// ---- Deleted events ---------------------------------------------------------

TEST_F(MidIndexTest, DeletedOnesAreForgottenWhereverTheyAre) {
  CommitTo(kMidRun);
  CommitTo(kMidRun + 1);
  CommitTo(kMidRun + 2);
  ASSERT_EQ(InMemory(kMidRun + 2), 2);
  Begin();
  Trim(kMidRun + 1);
  Commit();
  EXPECT_EQ(InTable(), 0);
  EXPECT_EQ(InMemory(kMidRun + 2), 1);
  EXPECT_EQ(Find(5), 0);
  EXPECT_EQ(Find(kMidRun + 1), 0);
  ExpectAll(kMidRun + 2, kMidRun + 2);
}

// A run under way must not bring them back.
TEST_F(MidIndexTest, ForgottenOnesStayForgotten) {
  CommitTo(kMidRun);
  CommitTo(kMidRun + 1);
  ASSERT_EQ(InTable(), 64);
  Begin();
  Trim(kMidRun);
  Commit();
  CommitTo(kMidRun + 50);
  EXPECT_EQ(InTable(), 0);
  EXPECT_EQ(Find(5), 0);
  ExpectAll(kMidRun + 1, kMidRun + 50);
}

TEST_F(MidIndexTest, DeletionThatIsRolledBackForgetsNothing) {
  CommitTo(kMidRun);
  CommitTo(kMidRun + 1);
  Begin();
  Add(kMidRun + 2);
  Trim(kMidRun + 1);
  EXPECT_EQ(Find(5), 0);
  RollBack();
  ExpectAll(1, kMidRun + 1);
  EXPECT_EQ(Find(kMidRun + 2), 0);
  for (std::int64_t at = kMidRun + 10; at <= 400; at += 10) CommitTo(at);
  Reopen();
  ExpectAll(1, 400);
}

TEST_F(MidIndexTest, DeletionRolledBackToASavepointKeepsWhatCameBefore) {
  CommitTo(10);
  Begin();
  Add(11);
  const LogState before = state_;
  const MidIndex::Position mark = index_->Mark();
  Run("SAVEPOINT one");
  Trim(11);
  Run("ROLLBACK TO one");
  state_ = before;
  ASSERT_THAT(index_->Restore(mark, state_), IsOk());
  ExpectAll(1, 11);
  // It is still one of the open transaction.
  RollBack();
  EXPECT_EQ(Find(11), 0);
  ExpectAll(1, 10);
}

// The savepoint alone forgets nothing; the transaction has, and comes back.
TEST_F(MidIndexTest, DeletionsRolledBackOneAfterTheOther) {
  CommitTo(10);
  Begin();
  Trim(4);
  const LogState before = state_;
  const MidIndex::Position mark = index_->Mark();
  Run("SAVEPOINT one");
  Trim(7);
  Run("ROLLBACK TO one");
  state_ = before;
  ASSERT_THAT(index_->Restore(mark, state_), IsOk());
  EXPECT_EQ(Find(4), 0);
  ExpectAll(5, 10);
  RollBack();
  ExpectAll(1, 10);
}

// ---- Anything in any order --------------------------------------------------

TEST_F(MidIndexTest, RandomHistoryIsFound) {
  const std::uint64_t seed = TestSeed();
  std::cout << "LINKTOR_TEST_SEED=" << seed << "\n";
  Random random(seed);
  constexpr std::size_t kMids = 300;
  constexpr int kTransactions = 600;
  // The mid that each event names.
  std::map<std::int64_t, std::uint64_t> events;
  std::int64_t most_in_table = 0;
  for (int i = 0; i < kTransactions && !HasFailure(); ++i) {
    auto after = events;
    Begin();
    for (std::size_t n = random.Below(random.OneIn(10) ? 300 : 20); n > 0;
         --n) {
      const std::uint64_t mid = random.Below(kMids);
      // A savepoint that is rolled back leaves no trace.
      const LogState before = state_;
      const MidIndex::Position mark = index_->Mark();
      const bool fails = random.OneIn(8);
      Run("SAVEPOINT one");
      Add(mid);
      if (!fails) after[state_.last_seq] = mid;
      if (random.OneIn(fails ? 2 : 150)) {
        const std::int64_t through =
            state_.last_seq - static_cast<std::int64_t>(random.Below(200));
        Trim(through);
        if (!fails) after.erase(after.begin(), after.upper_bound(through));
      }
      if (fails) {
        Run("ROLLBACK TO one");
        state_ = before;
        ASSERT_THAT(index_->Restore(mark, state_), IsOk());
      }
      Run("RELEASE one");
    }
    if (random.OneIn(5)) {
      if (random.OneIn(2)) {
        ASSERT_THAT(index_->Settle(state_), IsOk());
      }
      RollBack();
    } else {
      Commit();
      events = std::move(after);
    }
    if (random.OneIn(20)) Reopen();
    most_in_table = std::max(most_in_table, InTable());
    if (!random.OneIn(5)) continue;
    std::map<std::uint64_t, std::vector<std::int64_t>> expected;
    for (const auto& [seq, mid] : events) expected[mid].push_back(seq);
    for (std::uint64_t mid = 0; mid < kMids; ++mid) {
      const std::vector<std::int64_t>& seqs = expected[mid];
      ASSERT_EQ(Find(mid), seqs.empty() ? 0 : seqs.front())
          << "mid " << mid << " after transaction " << i;
      ASSERT_EQ(FindContent(mid), seqs)
          << "mid " << mid << " after transaction " << i;
    }
  }
  EXPECT_GT(most_in_table, kMidRun) << "hardly any run was moved";
}

}  // namespace
}  // namespace linktor::state
