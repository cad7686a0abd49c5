#include "server/store/channel_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

using ::testing::ElementsAre;

class ChannelTableTest : public testing::Test {
 protected:
  ChannelOutcome Append(Record record) {
    auto outcome = rig_.Append<ChannelOutcome>(std::move(record));
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.ok() ? *std::move(outcome) : ChannelOutcome{};
  }
  ChannelOutcome Delete(const std::string& id, std::int64_t now_ms = kNowMs) {
    return Append(DeleteChannelRecord{.time_ms = now_ms, .channel_id = id});
  }
  // The reason why a channel with these cannot be created.
  std::string Refusal(const TestChannel& channel,
                      std::int64_t now_ms = kNowMs) {
    return ReasonOf(rig_.Create(channel, now_ms).refusal);
  }
  std::vector<std::string> LiveIds() {
    std::vector<std::string> ids;
    EXPECT_TRUE(rig_.store()
                    .pool()
                    .Read([&](Database& database) {
                      const auto rows = ReadLiveChannels(database);
                      if (rows.ok()) {
                        for (const auto& row : *rows) {
                          ids.push_back(row.channel.id());
                        }
                      }
                      return rows.status();
                    })
                    .ok());
    return ids;
  }
  static UpdateChannelRecord MakeUpdate(const ChannelRow& row) {
    return {.time_ms = kNowMs,
            .channel_no = row.no,
            .expected_revision = row.revision,
            .channel = row.channel};
  }

  StoreRig rig_;
};

TEST_F(ChannelTableTest, CreatedChannelIsKept) {
  const ChannelOutcome created = rig_.Create(kShop);
  EXPECT_TRUE(created.refusal.ok());
  EXPECT_EQ(created.row.revision, 1);
  EXPECT_EQ(created.row.no, kShop.no);
  rig_.Create(kCafe);
  rig_.Reopen();
  EXPECT_THAT(LiveIds(), ElementsAre("cafe", "shop"));
}

TEST_F(ChannelTableTest, IdInUseIsRefused) {
  rig_.Create(kShop);
  EXPECT_EQ(Refusal({7, "shop", "9", "8"}), "CHANNEL_ALREADY_EXISTS");
}

// One app's webhooks name either, so that neither may belong to two.
TEST_F(ChannelTableTest, AccountOrPageInUseIsRefused) {
  rig_.Create(kShop);
  for (const TestChannel& channel : {TestChannel{7, "x", kShop.account, "8"},
                                     TestChannel{7, "x", "9", kShop.page},
                                     TestChannel{7, "x", kShop.page, "8"},
                                     TestChannel{7, "x", "9", kShop.account}}) {
    EXPECT_EQ(Refusal(channel), "ACCOUNT_ALREADY_CONNECTED");
  }
  EXPECT_EQ(Refusal({7, "x", "9", "8"}), "");
}

TEST_F(ChannelTableTest, ChannelsWithoutPageAreNotInEachOthersWay) {
  EXPECT_EQ(Refusal({7, "x", "9", ""}), "");
  EXPECT_EQ(Refusal({8, "y", "10", ""}), "");
}

TEST_F(ChannelTableTest, SameRequestIsReplayed) {
  const ChannelOutcome created = Append(MakeChannel(kShop, kNowMs, "q1"));
  EXPECT_FALSE(created.replayed);
  CreateChannelRecord again = MakeChannel(kShop, kNowMs + 5, "q1");
  again.channel_no = 999;
  const ChannelOutcome replay = Append(std::move(again));
  EXPECT_TRUE(replay.refusal.ok());
  EXPECT_TRUE(replay.replayed);
  EXPECT_EQ(replay.row.no, kShop.no);
}

TEST_F(ChannelTableTest, RequestIdOfAnotherChannelIsRefused) {
  Append(MakeChannel(kShop, kNowMs, "q1"));
  EXPECT_EQ(ReasonOf(Append(MakeChannel(kCafe, kNowMs, "q1", "other")).refusal),
            "REQUEST_ID_REUSED");
  Delete(kShop.id);
  EXPECT_EQ(
      ReasonOf(Append(MakeChannel(kShop, kNowMs + 9 * kDayMs, "q1")).refusal),
      "REQUEST_ID_REUSED");
}

TEST_F(ChannelTableTest, UpdateChangesAndCounts) {
  const ChannelRow row = rig_.Create(kShop).row;
  UpdateChannelRecord update = MakeUpdate(row);
  update.channel.set_name("new name");
  update.channel.set_instagram_account_id("77");
  const ChannelOutcome updated = Append(update);
  EXPECT_TRUE(updated.refusal.ok());
  EXPECT_EQ(updated.row.revision, 2);
  EXPECT_EQ(updated.row.channel.name(), "new name");
  EXPECT_EQ(updated.row.sealed_credentials, "sealed") << "left as they were";
  // The old account is free, the new one is taken.
  EXPECT_EQ(Refusal({7, "x", "77", "8"}), "ACCOUNT_ALREADY_CONNECTED");
  EXPECT_EQ(Refusal({7, "x", kShop.account, "8"}), "");
}

TEST_F(ChannelTableTest, UpdateChangesWhatItIsGivenAndNothingElse) {
  const ChannelRow created = rig_.Create(kShop).row;
  EXPECT_EQ(created.ice_breakers, "");
  UpdateChannelRecord starters = MakeUpdate(created);
  starters.ice_breakers = "starters";
  const ChannelRow first = Append(starters).row;
  EXPECT_EQ(first.ice_breakers, "starters");
  EXPECT_EQ(first.sealed_credentials, "sealed");
  UpdateChannelRecord credentials = MakeUpdate(first);
  credentials.sealed_credentials = "resealed";
  const ChannelRow second = Append(credentials).row;
  EXPECT_EQ(second.ice_breakers, "starters");
  EXPECT_EQ(second.sealed_credentials, "resealed");
  rig_.Reopen();
  EXPECT_THAT(rig_.Rows("SELECT revision || ' ' || sealed_credentials || ' ' "
                        "|| ice_breakers FROM channels"),
              ElementsAre("3 resealed starters"));
}

TEST_F(ChannelTableTest, EmptiedIceBreakersAreGone) {
  UpdateChannelRecord update = MakeUpdate(rig_.Create(kShop).row);
  update.ice_breakers = "starters";
  update = MakeUpdate(Append(update).row);
  update.ice_breakers = "";
  EXPECT_EQ(Append(update).row.ice_breakers, "");
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM channels WHERE "
                        "ice_breakers IS NOT NULL"),
            0);
}

TEST_F(ChannelTableTest, UpdateOfAnOldRevisionIsAborted) {
  const ChannelRow row = rig_.Create(kShop).row;
  EXPECT_TRUE(Append(MakeUpdate(row)).refusal.ok());
  UpdateChannelRecord late = MakeUpdate(row);
  late.sealed_credentials = "other";
  EXPECT_EQ(Append(late).refusal.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(rig_.Rows("SELECT revision || ' ' || sealed_credentials "
                        "FROM channels"),
              ElementsAre("2 sealed"));
}

TEST_F(ChannelTableTest, UpdateCannotTakeAnothersAccount) {
  rig_.Create(kCafe);
  UpdateChannelRecord update = MakeUpdate(rig_.Create(kShop).row);
  update.channel.set_page_id(kCafe.account);
  EXPECT_EQ(ReasonOf(Append(update).refusal), "ACCOUNT_ALREADY_CONNECTED");
}

TEST_F(ChannelTableTest, UpdateOfAMissingChannelIsNotFound) {
  const ChannelRow row = rig_.Create(kShop).row;
  UpdateChannelRecord update = MakeUpdate(row);
  update.channel_no = 12345;
  EXPECT_EQ(ReasonOf(Append(update).refusal), "CHANNEL_NOT_FOUND");
  Delete(kShop.id);
  EXPECT_EQ(ReasonOf(Append(MakeUpdate(row)).refusal), "CHANNEL_NOT_FOUND");
}

TEST_F(ChannelTableTest, DeletingRemovesCredentials) {
  rig_.Create(kShop);
  const ChannelOutcome deleted = Delete(kShop.id);
  EXPECT_TRUE(deleted.row.deleted);
  EXPECT_EQ(deleted.row.revision, 2);
  EXPECT_EQ(deleted.row.sealed_credentials, "");
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM channels WHERE "
                        "sealed_credentials IS NOT NULL"),
            0);
  EXPECT_THAT(LiveIds(), ElementsAre());
  EXPECT_EQ(ReasonOf(Delete(kShop.id).refusal), "CHANNEL_NOT_FOUND");
}

TEST_F(ChannelTableTest, IdRestsFor72Hours) {
  rig_.Create(kShop);
  Delete(kShop.id);
  const TestChannel again{7, kShop.id, kShop.account, kShop.page};
  EXPECT_EQ(Refusal(again, kNowMs + 3 * kDayMs - 1), "CHANNEL_ALREADY_EXISTS");
  EXPECT_EQ(Refusal(again, kNowMs + 3 * kDayMs), "");
}

TEST_F(ChannelTableTest, AccountIsFreeAtOnce) {
  rig_.Create(kShop);
  Delete(kShop.id);
  EXPECT_EQ(Refusal({7, "new", kShop.account, kShop.page}), "");
}

}  // namespace
}  // namespace linktor
