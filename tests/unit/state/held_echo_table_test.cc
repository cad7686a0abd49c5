#include "server/state/held_echo_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "server/state/schema.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t kHeldMs = 1'790'000'000'000;

class HeldEchoTableTest : public testing::Test {
 protected:
  HeldEchoTableTest()
      : database_(*sqlite::Database::Open(folder_.path() + "/a.db",
                                          sqlite::Database::Mode::kReadWrite)) {
    EXPECT_THAT(Migrate(*database_), IsOk());
    table_ = std::make_unique<HeldEchoTable>(*database_);
  }
  static journal::WebhookItem Item(std::int64_t channel_no,
                                   const std::string& user,
                                   const std::string& mid_key) {
    journal::WebhookItem item;
    item.set_kind(journal::ITEM_KIND_ECHO);
    item.set_mid_key(mid_key);
    item.set_sealed_raw("raw " + mid_key);
    item.mutable_event()->set_channel_no(channel_no);
    item.mutable_event()->set_user_id(user);
    item.mutable_event()->set_sealed("event " + mid_key);
    return item;
  }
  void Add(const journal::WebhookItem& item) {
    ASSERT_THAT(table_->Add(item, kHeldMs + state_.last_held_no, 7, state_),
                IsOk());
  }
  std::vector<std::string> Take(std::int64_t channel_no,
                                const std::string& user,
                                const std::string& mid_key) {
    const auto taken = table_->Take(channel_no, user, mid_key);
    EXPECT_THAT(taken, IsOk());
    std::vector<std::string> keys;
    for (const HeldEcho& one : *taken) keys.push_back(one.item.mid_key());
    return keys;
  }

  TempFolder folder_;
  std::unique_ptr<sqlite::Database> database_;
  std::unique_ptr<HeldEchoTable> table_;
  LogState state_;
};

TEST_F(HeldEchoTableTest, TakesAllOfAPersonInTheirOrder) {
  Add(Item(1, "501", "b"));
  Add(Item(1, "502", "x"));
  Add(Item(1, "501", "a"));
  Add(Item(2, "501", "y"));
  EXPECT_THAT(Take(1, "501", ""), ElementsAre("b", "a"));
  EXPECT_THAT(Take(1, "501", ""), IsEmpty()) << "taken out";
  EXPECT_THAT(Take(1, "502", ""), ElementsAre("x"));
  EXPECT_THAT(Take(2, "501", ""), ElementsAre("y"));
}

TEST_F(HeldEchoTableTest, TakesOneByItsMid) {
  Add(Item(1, "501", "a"));
  Add(Item(1, "501", "b"));
  EXPECT_THAT(Take(1, "501", "b"), ElementsAre("b"));
  EXPECT_THAT(Take(1, "501", "c"), IsEmpty());
  EXPECT_THAT(Take(1, "501", ""), ElementsAre("a"));
}

TEST_F(HeldEchoTableTest, HoldsByMid) {
  Add(Item(1, "501", "a"));
  EXPECT_TRUE(table_->HoldsMid("a").value());
  EXPECT_FALSE(table_->HoldsMid("b").value());
}

TEST_F(HeldEchoTableTest, KeepsTheItemWithoutItsRawBytes) {
  Add(Item(1, "501", "a"));
  const auto taken = table_->Take(1, "501", "");
  ASSERT_THAT(taken, IsOk());
  ASSERT_THAT(*taken, SizeIs(1));
  const HeldEcho& held = taken->front();
  EXPECT_EQ(held.receive_ms, kHeldMs);
  EXPECT_EQ(held.raw_no, 7);
  EXPECT_EQ(held.item.event().sealed(), "event a");
  EXPECT_EQ(held.item.sealed_raw(), "") << "raw_items has them";
}

// Numbers are in the log's state, so that they are the same for all copies and
// come back after a rollback.
TEST_F(HeldEchoTableTest, NumbersGoOnAfterTheRowsAreGone) {
  Add(Item(1, "501", "a"));
  Take(1, "501", "");
  Add(Item(1, "501", "b"));
  EXPECT_EQ(state_.last_held_no, 2);
}

TEST_F(HeldEchoTableTest, UnreadableOneIsDataLoss) {
  ASSERT_THAT(database_->Execute(
                  "INSERT INTO held_echoes (no, channel_no, user_id, mid_key, "
                  "receive_ms, raw_no, sealed_item) "
                  "VALUES (1, 1, '501', x'01', 0, 0, x'ff')"),
              IsOk());
  EXPECT_THAT(table_->Take(1, "501", ""),
              StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace linktor::state
