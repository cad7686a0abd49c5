// What is in a data folder of an earlier release is there after the upgrade.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "server/store/channel_table.h"
#include "server/store/schema.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Column(Database& database, const std::string& sql) {
  Statement read(database, sql.c_str());
  std::vector<std::string> values;
  for (;;) {
    const auto row = read.Step();
    EXPECT_THAT(row, IsOk()) << sql;
    if (!row.ok() || !*row) return values;
    values.push_back(read.String(0));
  }
}

// Replaces the closed folder's database by one of that version with the same
// rows, as far as that version has columns for them.
void Downgrade(const StoreRig& rig, std::int64_t version) {
  const std::string old_path = rig.folder() + "/old.db";
  {
    const auto old = Database::Open(old_path, Database::Mode::kReadWrite);
    ASSERT_THAT(old, IsOk());
    ASSERT_THAT(MigrateTo(**old, version), IsOk());
    ASSERT_EQ(Column(**old, "PRAGMA user_version").front(),
              absl::StrCat(version));
    ASSERT_THAT(
        (*old)->Execute(
            absl::StrCat("ATTACH '", rig.database_path(), "' AS new").c_str()),
        IsOk());
    for (const std::string& table :
         Column(**old,
                "SELECT name FROM main.sqlite_schema WHERE type = 'table'")) {
      const std::string columns =
          Column(**old, absl::StrCat("SELECT group_concat(name) FROM "
                                     "pragma_table_info('",
                                     table, "', 'main')"))
              .front();
      ASSERT_THAT((*old)->Execute(absl::StrCat("INSERT INTO main.", table, " (",
                                               columns, ") SELECT ", columns,
                                               " FROM new.", table)
                                      .c_str()),
                  IsOk());
    }
    // Version 1 had all of them in one table.
    ASSERT_THAT((*old)->Execute("INSERT INTO main.event_mids (mid_key, kind, "
                                "seq) SELECT mid_key, kind, seq FROM "
                                "new.recent_mids"),
                IsOk());
  }
  std::filesystem::rename(old_path, rig.database_path());
}

class UpgradeTest : public testing::Test {
 protected:
  // Fills the folder, and makes it one of version 1.
  void SetUp() override {
    rig_.Create(kShop);
    rig_.Create(kCafe);
    rig_.Deliver({{.mid = "i1", .text = "hello"},
                  {.kind = TestItem::kOther, .text = "postback"}});
    const MessageRow sent = rig_.Claim({.request_id = "old"}).message;
    sent_ = rig_.Settle(sent, {.mid = "m1"}).message.id;
    events_ = rig_.ReadEvents(/*include_raw=*/true);
    rig_.Close();
    Downgrade(rig_, 1);
    rig_.Open();
  }

  StoreRig rig_;
  RawId sent_;
  std::vector<CommittedEvent> events_;
};

TEST_F(UpgradeTest, EventsStay) {
  const auto events = rig_.ReadEvents(/*include_raw=*/true);
  ASSERT_EQ(events.size(), 3U);
  ASSERT_EQ(events.size(), events_.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].seq, events_[i].seq);
    EXPECT_EQ(events[i].type, events_[i].type);
    EXPECT_EQ(MergeEvent(events[i]).SerializeAsString(),
              MergeEvent(events_[i]).SerializeAsString());
  }
  rig_.Deliver({{.mid = "i2"}});
  EXPECT_EQ(rig_.ReadEvents().back().seq, 4) << "the log goes on";
}

TEST_F(UpgradeTest, ChannelsStay) {
  std::vector<ChannelRow> channels;
  ASSERT_THAT(rig_.store().pool().Read([&](Database& database) -> absl::Status {
    auto rows = ReadLiveChannels(database);
    if (!rows.ok()) return rows.status();
    channels = *std::move(rows);
    return absl::OkStatus();
  }),
              IsOk());
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_EQ(channels[1].channel.id(), kShop.id);
  EXPECT_EQ(channels[1].sealed_credentials, "sealed");
  EXPECT_EQ(channels[1].ice_breakers, "") << "none are known";
}

TEST_F(UpgradeTest, ConversationsStay) {
  const ConversationRow row = rig_.Conversation(kShop, "501");
  EXPECT_EQ(row.last_inbound_ms, kNowMs);
  EXPECT_FALSE(row.opt_out_ms.has_value());
  EXPECT_EQ(row.sealed_username, "");
  EXPECT_THAT(
      rig_.Claim({.request_id = "late", .now_ms = kNowMs + kDayMs}).refusal,
      HasReason("OUTSIDE_MESSAGING_WINDOW"));
}

TEST_F(UpgradeTest, SendsAreStillReplayed) {
  EXPECT_EQ(rig_.Message(sent_).state, v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(rig_.Claim({.request_id = "old"}).kind, ClaimOutcome::Kind::kEnded);
}

TEST_F(UpgradeTest, DuplicatesAreStillKnown) {
  EXPECT_EQ(rig_.Deliver({{.mid = "i1", .text = "hello"},
                          {.kind = TestItem::kOther, .text = "postback"}})
                .duplicates,
            2);
}

TEST_F(UpgradeTest, WhatIsNewWorks) {
  EXPECT_EQ(rig_.OptOut({}).row.opt_out_ms, kNowMs);
  EXPECT_EQ(rig_.NameIn(rig_.Name("501", "ada").row), "ada");
  rig_.OptOut({.opted_out = false});
  EXPECT_THAT(rig_.Claim({.request_id = "a", .quota = 1}).refusal, IsOk());
  EXPECT_THAT(rig_.Claim({.request_id = "b", .quota = 1}).refusal,
              HasReason("RATE_LIMITED"));
  rig_.Reopen();
  EXPECT_THAT(rig_.Rows("PRAGMA user_version"), ElementsAre("3"));
}

}  // namespace
}  // namespace linktor
