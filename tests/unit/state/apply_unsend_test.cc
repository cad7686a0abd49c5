// Apply and messages that are taken back: they have no content afterwards,
// whatever came first.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/state/event_encoding.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class ApplyUnsendTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(kShop);
    rig_.Create(kCafe);
  }
  DeliveryAnswer Unsend(const std::string& mid, const std::string& user = "501",
                        std::int64_t event_ms = kNowMs) {
    return rig_.Deliver({{.kind = TestItem::kUnsend,
                          .user = user,
                          .mid = mid,
                          .event_ms = event_ms}});
  }
  // Returns "type: text" for each event.
  std::vector<std::string> Told() {
    std::vector<std::string> told;
    for (const CommittedEvent& committed : rig_.ReadEvents()) {
      const v1::Event event = MergeEvent(committed);
      told.push_back(absl::StrCat(
          event.type(), ": ", event.message_received().text(),
          event.message_echoed().text(), event.message_edited().text(),
          event.postback().payload()));
    }
    return told;
  }
  // The items as received that still have their bytes.
  std::int64_t RawItems() {
    return rig_.Number(
        "SELECT count(*) FROM raw_items WHERE "
        "sealed_raw != zeroblob(length(sealed_raw))");
  }

  StoreRig rig_;
};

TEST_F(ApplyUnsendTest, MessageLosesItsContentAndStays) {
  rig_.Deliver({{.mid = "m1", .text = "one"}, {.mid = "m2", .text = "two"}});
  EXPECT_EQ(Unsend("m1").events, 1);
  EXPECT_THAT(Told(), ElementsAre("message.received: ", "message.received: two",
                                  "message.unsent: "));
  EXPECT_EQ(RawItems(), 2) << "that of m2, and that of the unsend";
  EXPECT_EQ(rig_.Number("SELECT last_erasure_no FROM log_state"), 1);
  rig_.Reopen();
  EXPECT_THAT(Told(), SizeIs(3));
}

TEST_F(ApplyUnsendTest, SecondDeliveryIsADuplicate) {
  rig_.Deliver({{.mid = "m1", .text = "one"}});
  Unsend("m1");
  EXPECT_EQ(Unsend("m1").duplicates, 1);
  rig_.Reopen();
  EXPECT_EQ(Unsend("m1").duplicates, 1);
  EXPECT_EQ(rig_.Deliver({{.mid = "m1", .text = "one"}}).duplicates, 1)
      << "nor does the message come again";
}

TEST_F(ApplyUnsendTest, MessageThatComesAfterItIsStoredWithoutContent) {
  Unsend("m1");
  EXPECT_EQ(rig_.Deliver({{.mid = "m1", .text = "one"}}).events, 1);
  EXPECT_THAT(Told(), ElementsAre("message.unsent: ", "message.received: "));
  EXPECT_EQ(RawItems(), 1) << "that of the unsend";
  CommittedEvent live = rig_.batches().back().back();
  ASSERT_TRUE(OpenEvent(rig_.sealer(), live).ok());
  EXPECT_EQ(MergeEvent(live).message_received().text(), "")
      << "live subscribers are told the same";
  // The customer has written all the same.
  EXPECT_EQ(rig_.Conversation(kShop, "501").last_inbound_ms, kNowMs);
}

TEST_F(ApplyUnsendTest, OneRecordTellsNobodyWhatItTakesBack) {
  for (const bool first : {true, false}) {
    const std::string mid = first ? "m1" : "m2";
    const ItemSpec message{.mid = mid, .text = "one"};
    const ItemSpec unsend{.kind = TestItem::kUnsend, .mid = mid};
    rig_.Deliver(first ? std::vector<ItemSpec>{message, unsend}
                       : std::vector<ItemSpec>{unsend, message});
    const auto batches = rig_.batches();
    for (CommittedEvent opened : batches.back()) {
      ASSERT_TRUE(OpenEvent(rig_.sealer(), opened).ok());
      EXPECT_EQ(MergeEvent(opened).message_received().text(), "") << mid;
    }
  }
}

TEST_F(ApplyUnsendTest, OtherChannelsMessageOfTheMidStays) {
  rig_.Deliver({{.channel = kCafe, .mid = "m1", .text = "one"}});
  Unsend("m1");
  EXPECT_THAT(Told(), ElementsAre("message.received: one", "message.unsent: "));
}

TEST_F(ApplyUnsendTest, TapsAndEchoesLoseTheirContent) {
  rig_.Deliver(
      {{.kind = TestItem::kPostback, .mid = "p1", .text = "BUY"},
       {.kind = TestItem::kEcho, .mid = "e1", .text = "from the app"}});
  Unsend("p1");
  Unsend("e1");
  EXPECT_THAT(Told(), ElementsAre("instagram.postback: ", "message.echoed: ",
                                  "message.unsent: ", "message.unsent: "));
}

TEST_F(ApplyUnsendTest, EditsLoseTheirContent) {
  const auto edit = [](const std::string& text) {
    return ItemSpec{.kind = TestItem::kEdit, .mid = "m1", .text = text};
  };
  rig_.Deliver({{.mid = "m1", .text = "one"}, edit("two"), edit("three")});
  EXPECT_EQ(rig_.Deliver({edit("two")}).duplicates, 1);
  Unsend("m1");
  EXPECT_EQ(rig_.Deliver({edit("four")}).events, 1) << "which came late";
  EXPECT_THAT(Told(), ElementsAre("message.received: ", "message.edited: ",
                                  "message.edited: ", "message.unsent: ",
                                  "message.edited: "));
}

// ---- Sends ------------------------------------------------------------------

TEST_F(ApplyUnsendTest, SendBecomesRetracted) {
  const MessageRow sent = rig_.Claim({}).message;
  rig_.Settle(sent, {.mid = "m1"});
  Unsend("m1", "501", kNowMs + 7);
  const MessageRow row = rig_.Message(sent.id);
  EXPECT_EQ(row.state, v1::MESSAGE_STATE_RETRACTED);
  EXPECT_EQ(row.retract_ms, kNowMs + 7);
  EXPECT_TRUE(seal::IsErased(row.sealed_content));
  // Its request id stays used: nothing is sent again.
  EXPECT_EQ(rig_.Claim({}).kind, ClaimAnswer::Kind::kEnded);
}

TEST_F(ApplyUnsendTest, SendWhoseUnsendCameFirstBecomesRetracted) {
  const MessageRow sent = rig_.Claim({}).message;
  Unsend("m1", "501", kNowMs + 7);
  rig_.Settle(sent, {.mid = "m1"});
  const MessageRow row = rig_.Message(sent.id);
  EXPECT_EQ(row.state, v1::MESSAGE_STATE_RETRACTED);
  EXPECT_EQ(row.retract_ms, kNowMs + 7);
  EXPECT_TRUE(seal::IsErased(row.sealed_content));
}

TEST_F(ApplyUnsendTest, SendThatAnEchoSettlesAfterItsUnsendBecomesRetracted) {
  const MessageRow sent = rig_.Claim({}).message;
  rig_.Settle(sent, {.state = v1::MESSAGE_STATE_UNCONFIRMED});
  Unsend("m1");
  rig_.Deliver({{.kind = TestItem::kEcho, .mid = "m1", .text = "hello"}});
  const MessageRow row = rig_.Message(sent.id);
  EXPECT_EQ(row.mid, "m1");
  EXPECT_EQ(row.state, v1::MESSAGE_STATE_RETRACTED);
  EXPECT_TRUE(seal::IsErased(row.sealed_content));
}

TEST_F(ApplyUnsendTest, HeldEchoLosesItsContent) {
  const MessageRow pending = rig_.Claim({}).message;
  rig_.Deliver(
      {{.kind = TestItem::kEcho, .mid = "e1", .text = "from the app"}});
  Unsend("e1");
  rig_.Settle(pending, {.mid = "m1"});
  EXPECT_THAT(
      Told(),
      ElementsAre("message.unsent: ", "message.sent: ", "message.echoed: "));
}

TEST_F(ApplyUnsendTest, EchoIsHeldWithoutContentAfterItsUnsend) {
  const MessageRow pending = rig_.Claim({}).message;
  Unsend("e1");
  rig_.Deliver(
      {{.kind = TestItem::kEcho, .mid = "e1", .text = "from the app"}});
  rig_.Settle(pending, {.mid = "m1"});
  EXPECT_THAT(
      Told(),
      ElementsAre("message.unsent: ", "message.sent: ", "message.echoed: "));
}

}  // namespace
}  // namespace linktor::state
