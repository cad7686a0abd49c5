// Records that cannot be applied: triggers in the database refuse them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/support/whole_conversations.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
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
  SealedRecord Delivery(const std::string& user, const std::string& mid) {
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
  const auto endings = rig_.AppendTogether(
      {Delivery("501", "m1"), Delivery("666", "m2"), Delivery("502", "m3"),
       Delivery("666", "m4"), Delivery("503", "m5")});
  for (const journal::Ending& ending : endings) ASSERT_TRUE(ending.applied());
  for (const std::size_t i : {0U, 2U, 4U}) {
    EXPECT_EQ(std::get<DeliveryAnswer>(endings[i].answer).events, 2);
    EXPECT_FALSE(std::get<DeliveryAnswer>(endings[i].answer).quarantined);
  }
  for (const std::size_t i : {1U, 3U}) {
    const auto& poison = std::get<DeliveryAnswer>(endings[i].answer);
    EXPECT_TRUE(poison.quarantined);
    EXPECT_EQ(poison.events, 0);
    EXPECT_EQ(poison.issues, 2);
    EXPECT_EQ(poison.ignored, 1);
  }
  ExpectNoHoles(6);
  EXPECT_THAT(rig_.Rows("SELECT quarantined || (issue NOT LIKE '%poison%') "
                        "FROM deliveries WHERE quarantined"),
              ElementsAre("11", "11"));
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items"), 10);
}

// The delivery and its items are kept. Its first item leaves no event, no
// messaging window and no dedupe key.
TEST_F(PoisonTest, QuarantinedWebhookLeavesNoTrace) {
  rig_.AppendTogether({Delivery("666", "m1")});
  ExpectNoHoles(0);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM event_mids"), 0);
  EXPECT_EQ(
      rig_.Number(absl::StrCat("SELECT count(*) FROM ", kWholeConversations)),
      0);
  rig_.Reopen();
  EXPECT_EQ(rig_.Deliver({{.user = "1666", .mid = "with m1"}}).events, 1);
}

// A quarantined item can be read back.
TEST_F(PoisonTest, QuarantinedItemsCanBeOpened) {
  rig_.Deliver({{.user = "666", .mid = "m1", .raw = "{\"a\":1}"}});
  rig_.Reopen();
  std::string opened;
  ASSERT_TRUE(rig_.data()
                  .pool()
                  .Read([&](sqlite::Database& database) -> absl::Status {
                    sqlite::Statement read(
                        database,
                        "SELECT r.sealed_raw, d.id, r.item FROM raw_items r "
                        "JOIN deliveries d ON d.no = r.delivery_no");
                    const auto row = read.Step();
                    if (!row.ok() || !*row)
                      return absl::NotFoundError("no item");
                    auto raw = rig_.sealer().Open(
                        seal::SealedPlace::kRawItem,
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
  const auto endings = rig_.AppendTogether(
      {MakeClaim(rig_.sealer(), {.user = "501", .request_id = "a"}),
       MakeClaim(rig_.sealer(), {.user = "666", .request_id = "b"}),
       Delivery("502", "m1"),
       MakeClaim(rig_.sealer(), {.user = "503", .request_id = "c"})});
  EXPECT_EQ(std::get<ClaimAnswer>(endings[0].answer).kind,
            ClaimAnswer::Kind::kClaimed);
  EXPECT_EQ(endings[1].kind, journal::Ending::Kind::kRefused);
  EXPECT_EQ(endings[1].status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ReasonOf(endings[1].status), "INTERNAL_FAULT");
  EXPECT_EQ(std::get<DeliveryAnswer>(endings[2].answer).events, 2);
  EXPECT_EQ(std::get<ClaimAnswer>(endings[3].answer).kind,
            ClaimAnswer::Kind::kClaimed);
  EXPECT_THAT(rig_.Rows("SELECT request_id FROM messages ORDER BY no"),
              ElementsAre("a", "c"));
  ExpectNoHoles(2);
}

// Its key was stored before it, and stays: what is sealed next needs no other.
TEST_F(PoisonTest, KeyOfAPoisonCallIsNotLost) {
  rig_.AppendTogether({MakeClaim(rig_.sealer(), {.user = "666"})});
  seal::NewKeys keys;
  const auto sealed =
      rig_.sealer().Seal({.channel_no = kShop.no, .user_id = "666"},
                         seal::SealedPlace::kEvent, "e", "x", keys);
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  EXPECT_THAT(keys, SizeIs(0));
  rig_.Reopen();
  EXPECT_TRUE(rig_.sealer().Open(seal::SealedPlace::kEvent, "e", *sealed).ok());
}

// The numbers that are kept in memory are taken back with the tables.
TEST_F(PoisonTest, NumbersOfPoisonAreGivenOutAgain) {
  rig_.AppendTogether(
      {MakeClaim(rig_.sealer(), {.user = "666", .request_id = "a"}),
       Delivery("666", "m1"),
       MakeClaim(rig_.sealer(), {.user = "501", .request_id = "b"})});
  EXPECT_EQ(rig_.Number("SELECT no FROM messages"), 1);
  EXPECT_EQ(rig_.Number("SELECT no FROM contents"), 1);
  EXPECT_EQ(rig_.Number("SELECT no FROM send_calls"), 1);
  EXPECT_EQ(rig_.Number("SELECT no FROM deliveries"), 1);
  EXPECT_EQ(rig_.Number("SELECT sum(length(sealed_raw)) FROM raw_items"),
            rig_.Number("SELECT raw_bytes FROM log_state"));
}

// Views learn of what is stored, and of nothing that was rolled back.
TEST_F(PoisonTest, ViewsAreNotToldOfPoison) {
  std::vector<std::string> told;
  rig_.data().feed().Add([&](auto records) {
    for (const journal::AppliedRecord& one : records) {
      for (const MessageRow& row : one.effects.messages) {
        told.push_back(row.request_id);
      }
    }
  });
  rig_.AppendTogether(
      {MakeClaim(rig_.sealer(), {.user = "501", .request_id = "a"}),
       MakeClaim(rig_.sealer(), {.user = "666", .request_id = "b"}),
       MakeClaim(rig_.sealer(), {.user = "502", .request_id = "c"})});
  EXPECT_THAT(told, ElementsAre("a", "c"));
}

// The live channels that are remembered must be right again.
TEST_F(PoisonTest, ChannelOfAnEarlierRecordInTheBatchStays) {
  const auto endings = rig_.AppendTogether(
      {MakeChannel(kCafe), Delivery("666", "m1"),
       MakeDelivery(rig_.sealer(), kNowMs,
                    {{.channel = kCafe, .user = "503", .mid = "m2"}}),
       MakeDeletion(kShop.id), Delivery("666", "m3"),
       MakeDelivery(rig_.sealer(), kNowMs, {{.user = "504", .mid = "m4"}})});
  EXPECT_EQ(std::get<DeliveryAnswer>(endings[2].answer).events, 1);
  EXPECT_EQ(std::get<DeliveryAnswer>(endings[4].answer).issues, 2);
  EXPECT_FALSE(std::get<DeliveryAnswer>(endings[4].answer).quarantined)
      << "its channel is gone, so that nothing poisonous is stored";
  EXPECT_EQ(std::get<DeliveryAnswer>(endings[5].answer).issues, 1);
}

TEST_F(PoisonTest, FailingQuarantineIsInternalAndHarmless) {
  rig_.Close();
  rig_.ExecuteClosed(kPoisonQuarantine);
  rig_.Open();
  const auto endings = rig_.AppendTogether(
      {Delivery("501", "m1"), Delivery("666", "m2"), Delivery("502", "m3")});
  EXPECT_TRUE(endings[0].applied());
  EXPECT_EQ(endings[1].status.code(), absl::StatusCode::kInternal)
      << "Meta is to deliver it again";
  EXPECT_TRUE(endings[2].applied());
  ExpectNoHoles(4);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM deliveries"), 2);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items"), 4);
  EXPECT_EQ(rig_.failures(), 0);
}

// Its item is kept as it came, and its mid says that the message has come.
TEST_F(PoisonTest, AMessageInQuarantineIsNotWaitedFor) {
  const ItemSpec edit{.kind = TestItem::kWaits, .mid = "m2", .text = "m2"};
  const auto waiting = [this] {
    return rig_.Number("SELECT count(*) FROM waiting_items");
  };
  rig_.Deliver({edit});
  EXPECT_EQ(waiting(), 1);
  ASSERT_TRUE(rig_.AppendOne(Delivery("666", "m2")).applied());
  journal::Record release = journal::NewRecord(kNowMs + kHourMs);
  release.mutable_release_waiting()->set_grace_ms(kMinuteMs);
  const auto answer = rig_.Append<ReleaseAnswer>(SealedRecord(release));
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->events, 0);
  EXPECT_EQ(waiting(), 0);
  rig_.Deliver({edit});
  EXPECT_EQ(waiting(), 0);
}

}  // namespace
}  // namespace linktor::state
