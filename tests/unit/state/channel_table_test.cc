#include "server/state/channel_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ChannelKind = ChannelAnswer::Kind;

class ChannelTableTest : public testing::Test {
 protected:
  ChannelAnswer Append(journal::Record record) {
    auto answer = rig_.Append<ChannelAnswer>(std::move(record));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *std::move(answer) : ChannelAnswer{};
  }
  // Creates a channel with these, and returns what came of it.
  ChannelKind Creating(const TestChannel& channel,
                       std::int64_t now_ms = kNowMs) {
    return rig_.Create(channel, now_ms).kind;
  }
  std::vector<std::string> LiveIds() {
    std::vector<std::string> ids;
    const auto rows = rig_.data().state().LiveChannels();
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (const ChannelRow& row : *rows) ids.push_back(row.id);
    return ids;
  }

  StoreRig rig_;
};

TEST_F(ChannelTableTest, CreatedChannelIsKept) {
  const ChannelAnswer created = rig_.Create(kShop);
  EXPECT_EQ(created.kind, ChannelKind::kApplied);
  EXPECT_EQ(created.row.revision, 1);
  EXPECT_EQ(created.row.no, kShop.no);
  rig_.Create(kCafe);
  rig_.Reopen();
  EXPECT_THAT(LiveIds(), ElementsAre("cafe", "shop"));
}

TEST_F(ChannelTableTest, IdInUseIsRefused) {
  rig_.Create(kShop);
  EXPECT_EQ(Creating({7, "shop", "9", "8"}), ChannelKind::kIdTaken);
}

// One app's webhooks name either, so that neither may belong to two.
TEST_F(ChannelTableTest, AccountOrPageInUseIsRefused) {
  rig_.Create(kShop);
  for (const TestChannel& channel : {TestChannel{7, "x", kShop.account, "8"},
                                     TestChannel{7, "x", "9", kShop.page},
                                     TestChannel{7, "x", kShop.page, "8"},
                                     TestChannel{7, "x", "9", kShop.account}}) {
    const ChannelAnswer refused = rig_.Create(channel);
    EXPECT_EQ(refused.kind, ChannelKind::kAccountTaken);
    EXPECT_EQ(refused.owner, kShop.id);
  }
  EXPECT_EQ(Creating({7, "x", "9", "8"}), ChannelKind::kApplied);
}

TEST_F(ChannelTableTest, ChannelsWithoutPageAreNotInEachOthersWay) {
  EXPECT_EQ(Creating({7, "x", "9", ""}), ChannelKind::kApplied);
  EXPECT_EQ(Creating({8, "y", "10", ""}), ChannelKind::kApplied);
}

TEST_F(ChannelTableTest, SameRequestIsReplayed) {
  EXPECT_EQ(Append(MakeChannel(kShop, kNowMs, "q1")).kind,
            ChannelKind::kApplied);
  journal::Record again = MakeChannel(kShop, kNowMs + 5, "q1");
  again.mutable_create_channel()->set_channel_no(999);
  const ChannelAnswer replay = Append(std::move(again));
  EXPECT_EQ(replay.kind, ChannelKind::kReplayed);
  EXPECT_EQ(replay.row.no, kShop.no);
  EXPECT_EQ(replay.row.sealed_credentials, "sealed");
}

TEST_F(ChannelTableTest, RequestIdOfAnotherChannelIsRefused) {
  Append(MakeChannel(kShop, kNowMs, "q1"));
  EXPECT_EQ(Append(MakeChannel(kCafe, kNowMs, "q1", "other")).kind,
            ChannelKind::kReused);
  rig_.Delete(kShop.id);
  EXPECT_EQ(Append(MakeChannel(kShop, kNowMs + 9 * kDayMs, "q1")).kind,
            ChannelKind::kReused);
}

TEST_F(ChannelTableTest, UpdateChangesAndCounts) {
  ChannelRow row = rig_.Create(kShop).row;
  row.sealed_channel = "renamed";
  row.account_id = "77";
  const ChannelAnswer updated = Append(MakeUpdate(row));
  EXPECT_EQ(updated.kind, ChannelKind::kApplied);
  EXPECT_EQ(updated.row.revision, 2);
  EXPECT_EQ(updated.row.sealed_channel, "renamed");
  EXPECT_EQ(updated.row.sealed_credentials, "sealed") << "left as they were";
  rig_.Reopen();
  EXPECT_THAT(rig_.Rows("SELECT revision || ' ' || account_id || ' ' || "
                        "sealed_channel || ' ' || sealed_credentials FROM "
                        "channels"),
              ElementsAre("2 77 renamed sealed"));
  // The old account is free, the new one is taken.
  EXPECT_EQ(Creating({7, "x", "77", "8"}), ChannelKind::kAccountTaken);
  EXPECT_EQ(Creating({7, "x", kShop.account, "8"}), ChannelKind::kApplied);
}

TEST_F(ChannelTableTest, EachSealedPartIsKept) {
  ChannelRow row = rig_.Create(kShop).row;
  EXPECT_EQ(row.sealed_ice_breakers, "");
  row.sealed_ice_breakers = "starters";
  row = Append(MakeUpdate(row)).row;
  EXPECT_EQ(row.sealed_ice_breakers, "starters");
  EXPECT_EQ(row.sealed_credentials, "sealed");
  row.sealed_credentials = "resealed";
  row = Append(MakeUpdate(row)).row;
  EXPECT_EQ(row.sealed_ice_breakers, "starters");
  EXPECT_EQ(row.sealed_credentials, "resealed");
  rig_.Reopen();
  EXPECT_THAT(rig_.Rows("SELECT revision || ' ' || sealed_credentials || ' ' "
                        "|| sealed_ice_breakers FROM channels"),
              ElementsAre("3 resealed starters"));
}

TEST_F(ChannelTableTest, EmptiedIceBreakersAreGone) {
  ChannelRow row = rig_.Create(kShop).row;
  row.sealed_ice_breakers = "starters";
  row = Append(MakeUpdate(row)).row;
  row.sealed_ice_breakers.clear();
  EXPECT_EQ(Append(MakeUpdate(row)).row.sealed_ice_breakers, "");
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM channels WHERE "
                        "sealed_ice_breakers IS NOT NULL"),
            0);
}

TEST_F(ChannelTableTest, UpdateOfAnOldRevisionChangesNothing) {
  ChannelRow row = rig_.Create(kShop).row;
  EXPECT_EQ(Append(MakeUpdate(row)).kind, ChannelKind::kApplied);
  row.sealed_credentials = "other";
  EXPECT_EQ(Append(MakeUpdate(row)).kind, ChannelKind::kChanged);
  EXPECT_THAT(rig_.Rows("SELECT revision || ' ' || sealed_credentials "
                        "FROM channels"),
              ElementsAre("2 sealed"));
}

TEST_F(ChannelTableTest, UpdateCannotTakeAnothersAccount) {
  rig_.Create(kCafe);
  ChannelRow row = rig_.Create(kShop).row;
  row.page_id = kCafe.account;
  const ChannelAnswer refused = Append(MakeUpdate(row));
  EXPECT_EQ(refused.kind, ChannelKind::kAccountTaken);
  EXPECT_EQ(refused.owner, kCafe.id);
}

TEST_F(ChannelTableTest, UpdateOfAMissingChannelIsNotFound) {
  const ChannelRow row = rig_.Create(kShop).row;
  ChannelRow other = row;
  other.no = 12345;
  EXPECT_EQ(Append(MakeUpdate(other)).kind, ChannelKind::kNotFound);
  rig_.Delete(kShop.id);
  EXPECT_EQ(Append(MakeUpdate(row)).kind, ChannelKind::kNotFound);
}

TEST_F(ChannelTableTest, DeletingRemovesWhatIsSealed) {
  ChannelRow row = rig_.Create(kShop).row;
  row.sealed_ice_breakers = "starters";
  Append(MakeUpdate(row));
  const ChannelAnswer deleted = rig_.Delete(kShop.id);
  EXPECT_EQ(deleted.kind, ChannelKind::kApplied);
  EXPECT_TRUE(deleted.row.deleted);
  EXPECT_EQ(deleted.row.revision, 3);
  EXPECT_EQ(deleted.row.sealed_channel, "");
  EXPECT_EQ(deleted.row.sealed_credentials, "");
  EXPECT_EQ(deleted.row.sealed_ice_breakers, "");
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM channels WHERE "
                        "sealed_channel IS NOT NULL OR "
                        "sealed_credentials IS NOT NULL OR "
                        "sealed_ice_breakers IS NOT NULL"),
            0);
  EXPECT_THAT(LiveIds(), IsEmpty());
  EXPECT_EQ(rig_.Delete(kShop.id).kind, ChannelKind::kNotFound);
}

// By the expiry time: a clock that jumps does not set it free.
TEST_F(ChannelTableTest, IdRestsFor72Hours) {
  rig_.Create(kShop);
  rig_.Delete(kShop.id);
  const TestChannel again{7, kShop.id, kShop.account, kShop.page};
  EXPECT_EQ(Creating(again, kNowMs + 9 * kDayMs), ChannelKind::kIdTaken);
  rig_.TrimAt(kNowMs + 3 * kDayMs - 1);
  EXPECT_EQ(Creating(again), ChannelKind::kIdTaken);
  rig_.TrimAt(kNowMs + 3 * kDayMs);
  EXPECT_EQ(Creating(again), ChannelKind::kApplied);
}

TEST_F(ChannelTableTest, AccountIsFreeAtOnce) {
  rig_.Create(kShop);
  rig_.Delete(kShop.id);
  EXPECT_EQ(Creating({7, "new", kShop.account, kShop.page}),
            ChannelKind::kApplied);
}

// A reader who names a channel that is gone is told that its events may be
// there still.
TEST_F(ChannelTableTest, DeletedChannelMayHaveEventsUntilTheyAreTrimmed) {
  const auto may_have = [this](const std::string& id) {
    const auto found = rig_.data().state().MayHaveStoredEvents(id);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() && *found;
  };
  rig_.Create(kShop);
  rig_.Create(kCafe);
  rig_.Deliver({{.mid = "m1"}});
  rig_.Delete(kShop.id);
  rig_.Deliver({{.channel = kCafe, .mid = "m2"}});
  EXPECT_TRUE(may_have(kShop.id));
  EXPECT_FALSE(may_have("never"));
  rig_.TrimAt(kNowMs + kDayMs, {.event_age_ms = 0});
  EXPECT_FALSE(may_have(kShop.id));
}

TEST_F(ChannelTableTest, ViewsAreToldOfWhatChanged) {
  std::vector<std::string> told;
  rig_.data().feed().Add([&](auto records) {
    for (const journal::AppliedRecord& one : records) {
      for (const ChannelRow& row : one.effects.channels) {
        told.push_back(absl::StrCat(row.id, " ", row.revision, " ",
                                    row.deleted ? "deleted" : "live"));
      }
    }
  });
  const ChannelRow row = Append(MakeChannel(kShop, kNowMs, "q1")).row;
  Append(MakeChannel(kShop, kNowMs, "q1"));
  Append(MakeUpdate(row));
  Append(MakeUpdate(row));
  rig_.Delete(kShop.id);
  rig_.Delete(kShop.id);
  EXPECT_THAT(told, ElementsAre("shop 1 live", "shop 2 live", "shop 3 deleted"))
      << "a refusal or a replay changes nothing";
}

}  // namespace
}  // namespace linktor::state
