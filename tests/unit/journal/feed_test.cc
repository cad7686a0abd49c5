#include "server/journal/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace linktor::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FeedTest : public testing::Test {
 protected:
  void Add(const std::string& name) {
    feed_.Add([this, name](std::span<const AppliedRecord> records) {
      for (const AppliedRecord& one : records) {
        told_.push_back(absl::StrCat(name, one.record.number(),
                                     one.own ? "" : " of another"));
      }
    });
  }
  void Tell(std::vector<std::int64_t> numbers, bool own = true) {
    std::vector<journal::Record> records(numbers.size());
    std::vector<AppliedRecord> applied;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      records[i].set_number(numbers[i]);
      applied.push_back(
          {.record = records[i], .own = own, .effects = effects_});
    }
    feed_.Tell(applied);
  }

  Feed feed_;
  state::Effects effects_;
  std::vector<std::string> told_;
};

TEST_F(FeedTest, NobodyIsToldWithoutViews) {
  Tell({1});
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(FeedTest, ViewsAreToldInTheirOrder) {
  Add("a");
  Add("b");
  Tell({1, 2});
  EXPECT_THAT(told_, ElementsAre("a1", "a2", "b1", "b2"));
}

TEST_F(FeedTest, RecordsOfOthersAreToldToo) {
  Add("a");
  Tell({1}, /*own=*/false);
  EXPECT_THAT(told_, ElementsAre("a1 of another"));
}

// As when a component starts because of what it is told.
TEST_F(FeedTest, ViewAddedMeanwhileIsToldOfTheNextCommit) {
  feed_.Add([this](std::span<const AppliedRecord> records) {
    if (records.front().record.number() == 1) Add("late");
  });
  Tell({1});
  EXPECT_THAT(told_, IsEmpty());
  Tell({2});
  EXPECT_THAT(told_, ElementsAre("late2"));
}

}  // namespace
}  // namespace linktor::journal
