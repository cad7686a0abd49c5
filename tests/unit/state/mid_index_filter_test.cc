// Which mids the index searches for in its table, and which its filter knows to
// be new.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/state/mid_index_fixture.h"

namespace linktor::state {
namespace {

using MidIndexFilterTest = MidIndexTest;

TEST_F(MidIndexFilterTest, NewOnesAreNotSearchedForInTheTable) {
  EXPECT_EQ(FoundUnseen(1), 1) << "nothing is known of the table yet";
  CommitTo(1);
  EXPECT_EQ(FoundUnseen(1), 0);
}

// With each commit 1,024 rows of the table come into the filter.
TEST_F(MidIndexFilterTest, AfterAStartTheTableIsPassedPartByPart) {
  constexpr std::int64_t kLast = 3000;
  constexpr int kTried = 200;
  for (std::int64_t at = kMidRun; at <= kLast; at += kMidRun) CommitTo(at);
  ASSERT_GT(InTable(), 2 * 1024);
  Reopen();
  EXPECT_EQ(FoundUnseen(kTried), kTried);
  int before = kTried;
  for (int part = 1; part <= 3; ++part) {
    ExpectAll(1, kLast);
    Begin();
    Commit();
    const int found = FoundUnseen(kTried);
    EXPECT_LT(found, before) << "after part " << part;
    before = found;
  }
  EXPECT_EQ(before, 0);
  ExpectAll(1, kLast);
}

// What a part lacked because it was being deleted is there after a rollback.
TEST_F(MidIndexFilterTest, APartThatIsRolledBackIsPassedAgain) {
  for (std::int64_t at = kMidRun; at <= 1000; at += kMidRun) CommitTo(at);
  Reopen();
  Begin();
  Trim(500);
  ASSERT_THAT(index_->Settle(state_), IsOk());
  RollBack();
  ExpectAll(1, 1000);
  Begin();
  Commit();
  ExpectAll(1, 1000);
}

// A filter for 128 mids is made anew again and again; one for all is not.
TEST_F(MidIndexFilterTest, AFullFilterMakesRoomForALargerOne) {
  Reopen(kMidRun, 128);
  for (std::int64_t at = 50; at <= 5000; at += 50) {
    CommitTo(at);
    if (at % 500 == 0) ExpectAll(1, at);
  }
  // The commits that follow pass the table.
  for (int i = 0; i < 6; ++i) {
    Begin();
    Commit();
  }
  ExpectAll(1, 5000);
  EXPECT_EQ(FoundUnseen(1), 0);
}

}  // namespace
}  // namespace linktor::state
