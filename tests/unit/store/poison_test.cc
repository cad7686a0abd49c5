// Records that cannot be applied: triggers in the database refuse them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr char kPoisonEvent[] =
    "CREATE TRIGGER poison_event BEFORE INSERT ON events "
    "WHEN NEW.user_id = '666' "
    "BEGIN SELECT RAISE(ABORT, 'poison event'); END";
constexpr char kPoisonMessage[] =
    "CREATE TRIGGER poison_message BEFORE INSERT ON messages "
    "WHEN NEW.user_id = '666' "
    "BEGIN SELECT RAISE(ABORT, 'poison message'); END";
constexpr char kPoisonQuarantine[] =
    "CREATE TRIGGER poison_quarantine BEFORE INSERT ON deliveries "
    "WHEN NEW.quarantined "
    "BEGIN SELECT RAISE(ABORT, 'poison quarantine'); END";

class PoisonTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(kShop);
    rig_.Close();
    rig_.ExecuteClosed(kPoisonEvent);
    rig_.ExecuteClosed(kPoisonMessage);
    rig_.Open();
  }
  Record Delivery(const std::string& user, const std::string& mid) {
    return MakeDelivery(rig_.sealer(), kNowMs,
                        {{.user = "1" + user, .mid = "with " + mid},
                         {.user = user, .mid = mid, .text = "poison"},
                         {.kind = TestItem::kIgnored}});
  }
  void ExpectNoHoles(std::size_t events) {
    const auto read = rig_.ReadEvents();
    ASSERT_THAT(read, SizeIs(events));
    for (std::size_t i = 0; i < events; ++i) {
      EXPECT_EQ(read[i].seq, static_cast<std::int64_t>(i) + 1);
    }
    std::size_t told = 0;
    for (const auto& batch : rig_.batches()) {
      for (const auto& event : batch) {
        EXPECT_EQ(event.seq, static_cast<std::int64_t>(++told));
      }
    }
    EXPECT_EQ(told, events) << "the sink is told what is stored, no more";
  }

  StoreRig rig_;
};

TEST_F(PoisonTest, WebhookIsQuarantinedAndItsNeighboursAreStored) {
  const auto outcomes = rig_.AppendTogether(
      {Delivery("501", "m1"), Delivery("666", "m2"), Delivery("502", "m3"),
       Delivery("666", "m4"), Delivery("503", "m5")});
  for (const auto& outcome : outcomes) ASSERT_TRUE(outcome.ok());
  for (const std::size_t i : {0U, 2U, 4U}) {
    EXPECT_EQ(std::get<WebhookOutcome>(*outcomes[i]).events, 2);
    EXPECT_FALSE(std::get<WebhookOutcome>(*outcomes[i]).quarantined);
  }
  for (const std::size_t i : {1U, 3U}) {
    const auto& poison = std::get<WebhookOutcome>(*outcomes[i]);
    EXPECT_TRUE(poison.quarantined);
    EXPECT_EQ(poison.events, 0);
    EXPECT_EQ(poison.issues, 2);
    EXPECT_EQ(poison.ignored, 1);
  }
  ExpectNoHoles(6);
  EXPECT_THAT(rig_.Rows("SELECT quarantined || (issue LIKE '%poison event%') "
                        "FROM deliveries WHERE quarantined"),
              ElementsAre("11", "11"));
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items"), 10);
}

// Nothing of it but delivery and items: not its first item's event, window or
// dedupe key.
TEST_F(PoisonTest, QuarantinedWebhookLeavesNoTrace) {
  rig_.AppendTogether({Delivery("666", "m1")});
  ExpectNoHoles(0);
  EXPECT_EQ(rig_.Number("SELECT (SELECT count(*) FROM event_mids) + "
                        "(SELECT count(*) FROM recent_mids)"),
            0);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM conversations"), 0);
  rig_.Reopen();
  EXPECT_EQ(rig_.Deliver({{.user = "1666", .mid = "with m1"}}).events, 1);
}

// What was quarantined can be read back.
TEST_F(PoisonTest, QuarantinedItemsCanBeOpened) {
  rig_.Deliver({{.user = "666", .mid = "m1", .raw = "{\"a\":1}"}});
  rig_.Reopen();
  std::string opened;
  ASSERT_TRUE(rig_.store()
                  .pool()
                  .Read([&](Database& database) -> absl::Status {
                    Statement read(
                        database,
                        "SELECT r.sealed_raw, d.id, r.item FROM raw_items r "
                        "JOIN deliveries d ON d.no = r.delivery_no");
                    const auto row = read.Step();
                    if (!row.ok() || !*row)
                      return absl::NotFoundError("no item");
                    auto raw = rig_.sealer().Open(
                        SealedPlace::kRawItem,
                        RawItemId(read.Bytes(1), static_cast<int>(read.Int(2))),
                        read.Bytes(0));
                    if (!raw.ok()) return raw.status();
                    opened = *std::move(raw);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(opened, "{\"a\":1}");
}

TEST_F(PoisonTest, CallIsInternalAndItsNeighboursAreStored) {
  const auto outcomes = rig_.AppendTogether(
      {MakeClaim(rig_.sealer(), {.user = "501", .request_id = "a"}),
       MakeClaim(rig_.sealer(), {.user = "666", .request_id = "b"}),
       Delivery("502", "m1"),
       MakeClaim(rig_.sealer(), {.user = "503", .request_id = "c"})});
  EXPECT_EQ(std::get<ClaimOutcome>(*outcomes[0]).kind,
            ClaimOutcome::Kind::kClaimed);
  EXPECT_EQ(outcomes[1].status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ReasonOf(outcomes[1].status()), "INTERNAL_FAULT");
  EXPECT_EQ(std::get<WebhookOutcome>(*outcomes[2]).events, 2);
  EXPECT_EQ(std::get<ClaimOutcome>(*outcomes[3]).kind,
            ClaimOutcome::Kind::kClaimed);
  EXPECT_THAT(rig_.Rows("SELECT request_id FROM messages ORDER BY no"),
              ElementsAre("a", "c"));
  ExpectNoHoles(2);
}

// The key that came with the poison was rolled back with it: what is sealed
// next must bring it along again.
TEST_F(PoisonTest, KeyOfAPoisonCallIsNotLost) {
  rig_.AppendTogether({MakeClaim(rig_.sealer(), {.user = "666"})});
  std::vector<NewKey> keys;
  ASSERT_TRUE(rig_.sealer()
                  .Seal({.channel_no = kShop.no, .user_id = "666"},
                        SealedPlace::kEvent, "e", "x", keys)
                  .ok());
  EXPECT_THAT(keys, SizeIs(1));
}

TEST_F(PoisonTest, LogTimeOfPoisonDoesNotStay) {
  ClaimRecord poison =
      MakeClaim(rig_.sealer(), {.user = "666", .now_ms = kNowMs + kDayMs});
  rig_.AppendTogether({std::move(poison), Delivery("501", "m1")});
  EXPECT_EQ(rig_.Number("SELECT log_ms FROM log_state"), kNowMs);
}

TEST_F(PoisonTest, FailingQuarantineIsInternalAndHarmless) {
  rig_.Close();
  rig_.ExecuteClosed(kPoisonQuarantine);
  rig_.Open();
  const auto outcomes = rig_.AppendTogether(
      {Delivery("501", "m1"), Delivery("666", "m2"), Delivery("502", "m3")});
  EXPECT_TRUE(outcomes[0].ok());
  EXPECT_EQ(outcomes[1].status().code(), absl::StatusCode::kInternal)
      << "Meta is to deliver it again";
  EXPECT_TRUE(outcomes[2].ok());
  ExpectNoHoles(4);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM deliveries"), 2);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items"), 4);
  EXPECT_EQ(rig_.failures(), 0);
}

}  // namespace
}  // namespace linktor
