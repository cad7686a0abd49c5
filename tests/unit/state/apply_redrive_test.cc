// Apply and items that are read again: each becomes its event once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr char kPoison[] =
    "CREATE TRIGGER poison BEFORE INSERT ON events WHEN NEW.user_id = '666' "
    "BEGIN SELECT RAISE(ABORT, 'poison'); END";

class ApplyRedriveTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(kShop);
    rig_.Create(kCafe);
  }
  // An item that nobody knows yet.
  static ItemSpec Unknown(const std::string& text = "new kind") {
    return {.kind = TestItem::kOther, .text = text};
  }
  static ItemSpec Message(const std::string& mid = "m1") {
    return {.mid = mid, .text = "hello"};
  }
  // The first item that is kept of that delivery, now understood as `item`.
  RedriveSpec Again(std::int64_t delivery_no, const ItemSpec& item,
                    std::int64_t now_ms = kNowMs + kDayMs) {
    const std::string where =
        absl::StrCat(" FROM raw_items WHERE delivery_no = ", delivery_no,
                     " ORDER BY no LIMIT 1");
    return {.delivery_id =
                rig_.Rows(absl::StrCat("SELECT id FROM deliveries WHERE no = ",
                                       delivery_no))
                    .at(0),
            .delivery_no = delivery_no,
            .raw_no = rig_.Number("SELECT no" + where),
            .position = static_cast<int>(rig_.Number("SELECT item" + where)),
            .item = item,
            .now_ms = now_ms};
  }
  RedriveEnd Redrive(const RedriveSpec& spec) {
    const auto answer =
        rig_.Append<RedriveAnswer>(MakeRedrive(rig_.sealer(), spec));
    EXPECT_THAT(answer, IsOk());
    EXPECT_THAT(answer->ends, SizeIs(1));
    return answer->ends.at(0);
  }
  std::vector<v1::Event> Events() {
    std::vector<v1::Event> events;
    for (const CommittedEvent& committed : rig_.ReadEvents()) {
      events.push_back(MergeEvent(committed));
    }
    return events;
  }
  std::vector<std::string> Told() { return Summary(rig_.ReadEvents()); }
  std::int64_t RawItemsWithBytes() {
    return rig_.Number(
        "SELECT count(*) FROM raw_items WHERE "
        "sealed_raw != zeroblob(length(sealed_raw))");
  }

  StoreRig rig_;
};

// ---- Which items ------------------------------------------------------------

TEST_F(ApplyRedriveTest, UnknownItemBecomesItsEventOnce) {
  rig_.Deliver({Unknown()});
  const RedriveSpec again = Again(1, Message());
  EXPECT_EQ(Redrive(again), RedriveEnd::kEvent);
  EXPECT_THAT(Told(),
              ElementsAre("instagram.unknown 501", "message.received 501"));
  EXPECT_EQ(Events().at(1).redrive_of(), Events().at(0).id());
  EXPECT_EQ(Events().at(1).message_received().text(), "hello");
  for (const bool reopened : {false, true}) {
    if (reopened) rig_.Reopen();
    EXPECT_EQ(Redrive(again), RedriveEnd::kTyped);
  }
  EXPECT_EQ(Redrive(Again(1, Message("m2"))), RedriveEnd::kTyped)
      << "whatever it is understood as";
  EXPECT_THAT(Events(), SizeIs(2));
  EXPECT_EQ(rig_.Number("SELECT redriven FROM deliveries"), 1);
}

TEST_F(ApplyRedriveTest, LiveSubscribersAreToldWhatItReplaces) {
  rig_.Deliver({Unknown()});
  Redrive(Again(1, Message()));
  CommittedEvent live = rig_.batches().back().back();
  ASSERT_TRUE(OpenEvent(rig_.sealer(), live).ok());
  EXPECT_EQ(MergeEvent(live).redrive_of(), Events().at(0).id());
  EXPECT_EQ(MergeEvent(live).message_received().text(), "hello");
}

TEST_F(ApplyRedriveTest, ItemWithoutAnEventNamesItsDelivery) {
  rig_.Deliver({{.kind = TestItem::kIssue, .text = "no channel"}});
  const RedriveSpec again = Again(1, Message());
  EXPECT_EQ(Redrive(again), RedriveEnd::kEvent);
  EXPECT_EQ(Events().at(0).redrive_of(),
            FormatId(kDeliveryPrefix, again.delivery_id));
  EXPECT_EQ(Redrive(again), RedriveEnd::kTyped);
}

TEST_F(ApplyRedriveTest, ItemInQuarantine) {
  rig_.Close();
  rig_.ExecuteClosed(kPoison);
  rig_.Open();
  ItemSpec item = Message();
  item.user = "666";
  ASSERT_TRUE(rig_.Deliver({item}).quarantined);
  const RedriveSpec again = Again(1, item);
  EXPECT_EQ(ReasonOf(rig_.AppendOne(MakeRedrive(rig_.sealer(), again)).status),
            "INTERNAL_FAULT")
      << "the fault is still there";
  rig_.Close();
  rig_.ExecuteClosed("DROP TRIGGER poison");
  rig_.Open();
  EXPECT_EQ(Redrive(again), RedriveEnd::kEvent);
  EXPECT_EQ(Redrive(again), RedriveEnd::kTyped);
  EXPECT_THAT(Told(), ElementsAre("message.received 666"));
}

TEST_F(ApplyRedriveTest, TypedItemStays) {
  rig_.Deliver({Message()});
  EXPECT_EQ(Redrive(Again(1, Message("m2"))), RedriveEnd::kTyped);
  EXPECT_THAT(Events(), SizeIs(1));
}

TEST_F(ApplyRedriveTest, ErasedItemStays) {
  rig_.Deliver({Unknown()});
  rig_.Close();
  rig_.ExecuteClosed(
      "UPDATE raw_items SET sealed_raw = zeroblob(length(sealed_raw))");
  rig_.Open();
  EXPECT_EQ(Redrive(Again(1, Message())), RedriveEnd::kErased);
  EXPECT_THAT(Events(), SizeIs(1));
}

TEST_F(ApplyRedriveTest, OtherItemsAreNotKept) {
  rig_.Deliver({Unknown()});
  const RedriveSpec good = Again(1, Message());
  RedriveSpec other = good;
  other.raw_no = 2;
  EXPECT_EQ(Redrive(other), RedriveEnd::kNotKept);
  other = good;
  other.position = 1;
  EXPECT_EQ(Redrive(other), RedriveEnd::kNotKept);
  other = good;
  other.delivery_no = 2;
  EXPECT_EQ(Redrive(other), RedriveEnd::kNotKept);
  other = good;
  other.delivery_id = NewRawId();
  EXPECT_EQ(Redrive(other), RedriveEnd::kNotKept);
  rig_.TrimAt(kNowMs + kDayMs, {.raw_age_ms = 0});
  EXPECT_EQ(Redrive(good), RedriveEnd::kNotKept);
  EXPECT_THAT(Events(), SizeIs(1));
}

TEST_F(ApplyRedriveTest, ChannelThatWasDeletedGetsNothing) {
  rig_.Deliver({Unknown()});
  rig_.Delete(kShop.id);
  EXPECT_EQ(Redrive(Again(1, Message())), RedriveEnd::kNoChannel);
}

TEST_F(ApplyRedriveTest, EachItemOfADeliveryByItself) {
  rig_.Deliver({Unknown("a"), Message("m1"), Unknown("b")});
  SealedRecord made = MakeRedrive(rig_.sealer(), Again(1, Message("m2")));
  journal::Redrive& redrive = *made.record.mutable_redrive();
  for (const int position : {1, 2}) {
    RedriveSpec spec = Again(1, Message(absl::StrCat("other", position)));
    spec.raw_no += position;
    spec.position = position;
    *redrive.add_items() =
        MakeRedrive(rig_.sealer(), spec).record.redrive().items(0);
  }
  const auto answer = rig_.Append<RedriveAnswer>(std::move(made));
  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(answer->ends, ElementsAre(RedriveEnd::kEvent, RedriveEnd::kTyped,
                                        RedriveEnd::kEvent));
  EXPECT_EQ(rig_.Number("SELECT redriven FROM deliveries"), 2);
}

// ---- Duplicates -------------------------------------------------------------

TEST_F(ApplyRedriveTest, WhatCameByAnotherDeliveryIsNotDoubled) {
  rig_.Deliver({Unknown()});
  rig_.Deliver({Message()});
  EXPECT_EQ(Redrive(Again(1, Message())), RedriveEnd::kDuplicate);
  EXPECT_THAT(Told(),
              ElementsAre("instagram.unknown 501", "message.received 501"));
}

TEST_F(ApplyRedriveTest, WhatComesAfterItIsADuplicate) {
  rig_.Deliver({Unknown()});
  Redrive(Again(1, Message()));
  EXPECT_EQ(rig_.Deliver({Message()}).duplicates, 1);
}

// The unknown event of an item may have left the key that the item has today.
TEST_F(ApplyRedriveTest, AnItemIsNoDuplicateOfItself) {
  rig_.Deliver({Unknown()});
  RedriveSpec again = Again(1, Unknown());
  EXPECT_EQ(Redrive(again), RedriveEnd::kDuplicate);
  again.has_own_key = true;
  EXPECT_EQ(Redrive(again), RedriveEnd::kEvent);
  EXPECT_EQ(rig_.Deliver({Unknown()}).duplicates, 1)
      << "the key is remembered all the same";
}

// ---- Times ------------------------------------------------------------------

TEST_F(ApplyRedriveTest, ItHasTheTimeOfItsDeliveryAndTheAgeOfANewEvent) {
  rig_.Deliver({Unknown()});
  const std::int64_t now_ms = kNowMs + 40 * kDayMs;
  rig_.TrimAt(now_ms);
  Redrive(Again(1, Message(), now_ms));
  EXPECT_EQ(rig_.ReadEvents().at(1).receive_ms, kNowMs);
  EXPECT_EQ(rig_.Number("SELECT born_ms FROM events WHERE seq = 2"), now_ms);
}

TEST_F(ApplyRedriveTest, TheWindowOpensWhenTheCustomerWrote) {
  struct Case {
    std::int64_t event_ms;
    std::int64_t last_inbound_ms;
  };
  int delivery = 0;
  // Instagram's time, none, and one that is still to come.
  for (const Case& one : {Case{kNowMs - kHourMs, kNowMs - kHourMs},
                          Case{0, kNowMs}, Case{kNowMs + kHourMs, kNowMs}}) {
    const std::string name = absl::StrCat(700 + delivery);
    ItemSpec unknown = Unknown(name);
    rig_.Deliver({unknown});
    ItemSpec message = Message(name);
    message.user = name;
    message.event_ms = one.event_ms;
    ASSERT_EQ(Redrive(Again(++delivery, message)), RedriveEnd::kEvent);
    for (const bool reopened : {false, true}) {
      if (reopened) rig_.Reopen();
      EXPECT_EQ(rig_.Conversation(kShop, name).last_inbound_ms,
                one.last_inbound_ms);
    }
  }
}

TEST_F(ApplyRedriveTest, ALaterActivityStays) {
  rig_.Deliver({Unknown()});
  ItemSpec later = Message("m2");
  later.event_ms = kNowMs + kHourMs;
  rig_.Deliver({later}, kNowMs + kHourMs);
  ASSERT_EQ(Redrive(Again(1, Message())), RedriveEnd::kEvent);
  for (const bool reopened : {false, true}) {
    if (reopened) rig_.Reopen();
    EXPECT_EQ(rig_.Conversation(kShop, "501").last_inbound_ms,
              kNowMs + kHourMs);
  }
}

// ---- Erasing ----------------------------------------------------------------

TEST_F(ApplyRedriveTest, AnUnsendErasesWhatItReplaces) {
  rig_.Deliver({Unknown()});
  Redrive(Again(1, Message()));
  ASSERT_EQ(RawItemsWithBytes(), 1);
  rig_.Deliver({{.kind = TestItem::kUnsend, .mid = "m1"}});
  const auto events = Events();
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_FALSE(events[0].has_unknown());
  EXPECT_EQ(events[1].message_received().text(), "");
  EXPECT_EQ(events[1].redrive_of(), events[0].id()) << "it is no content";
  EXPECT_EQ(RawItemsWithBytes(), 1) << "that of the unsend";
}

TEST_F(ApplyRedriveTest, WhatWasTakenBackBeforeHasNoContent) {
  rig_.Deliver({Unknown()});
  rig_.Deliver({{.kind = TestItem::kUnsend, .mid = "m1"}});
  const std::int64_t due = rig_.Number("SELECT last_erasure_no FROM log_state");
  ASSERT_EQ(Redrive(Again(1, Message())), RedriveEnd::kEvent);
  const auto events = Events();
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_FALSE(events[0].has_unknown());
  EXPECT_EQ(events[2].type(), "message.received");
  EXPECT_EQ(events[2].message_received().text(), "");
  EXPECT_EQ(RawItemsWithBytes(), 1) << "that of the unsend";
  EXPECT_EQ(rig_.Number("SELECT last_erasure_no FROM log_state"), due + 1);
}

TEST_F(ApplyRedriveTest, AnUnsendThatWasUnknownErases) {
  rig_.Deliver({Message()});
  rig_.Deliver({Unknown()});
  ASSERT_EQ(Redrive(Again(2, {.kind = TestItem::kUnsend, .mid = "m1"})),
            RedriveEnd::kEvent);
  EXPECT_EQ(Events().at(0).message_received().text(), "");
  EXPECT_EQ(Events().back().type(), "message.unsent");
}

// The unknown event did not say whom it was about.
TEST_F(ApplyRedriveTest, ErasingAPersonErasesWhatItReplaces) {
  ItemSpec unknown = Unknown();
  unknown.user = "";
  rig_.Deliver({unknown});
  Redrive(Again(1, Message()));
  ASSERT_TRUE(Events().at(0).has_unknown());
  const auto erased = rig_.Append<EraseAnswer>(MakeEraseUser(kShop, "501"));
  ASSERT_THAT(erased, IsOk());
  EXPECT_TRUE(erased->found);
  EXPECT_FALSE(Events().at(0).has_unknown());
  EXPECT_EQ(RawItemsWithBytes(), 0);
}

TEST_F(ApplyRedriveTest, NothingIsLeftWhenItsEventsAreDeleted) {
  rig_.Deliver({Unknown()});
  Redrive(Again(1, Message()));
  rig_.Deliver({Message("m2")}, kNowMs + kDayMs);
  const TrimSpec all{.event_age_ms = 0};
  for (TrimAnswer answer = rig_.TrimAt(kNowMs + 10 * kDayMs, all); answer.more;
       answer = rig_.Trim(all)) {
  }
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM events"), 1);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM redriven_items"), 0);
}

// ---- Echoes -----------------------------------------------------------------

TEST_F(ApplyRedriveTest, AnEchoWaitsForTheEndOfASend) {
  rig_.Deliver({Unknown()});
  const MessageRow sent = rig_.Claim({.now_ms = kNowMs}).message;
  const RedriveSpec again =
      Again(1, {.kind = TestItem::kEcho, .mid = "e1", .text = "hello"});
  EXPECT_EQ(Redrive(again), RedriveEnd::kWaits);
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM held_echoes"), 0);
  rig_.Settle(sent, {.mid = "e1"});
  EXPECT_EQ(Redrive(again), RedriveEnd::kEvent);
  const v1::Message echo = Events().back().message_echoed();
  EXPECT_EQ(echo.id(), FormatId(kMessagePrefix, sent.id));
  EXPECT_EQ(Events().back().redrive_of(), Events().at(0).id());
}

TEST_F(ApplyRedriveTest, AnEchoSettlesTheSendThatNobodyKnewOf) {
  rig_.Deliver({Unknown()}, kNowMs + kSecondMs);
  const MessageRow sent = rig_.Settle(rig_.Claim({.now_ms = kNowMs}).message,
                                      {.state = v1::MESSAGE_STATE_UNCONFIRMED})
                              .message;
  ASSERT_EQ(Redrive(Again(1, {.kind = TestItem::kEcho,
                              .mid = "e1",
                              .text = "hello",
                              .event_ms = kNowMs + kSecondMs})),
            RedriveEnd::kEvent);
  EXPECT_EQ(rig_.Message(sent.id).state, v1::MESSAGE_STATE_SENT);
  EXPECT_THAT(Told(),
              ElementsAre("instagram.unknown 501", "message.unconfirmed 501",
                          "message.echoed 501", "message.sent 501"));
}

// ---- Reading ----------------------------------------------------------------

TEST_F(ApplyRedriveTest, ReadersFindTheItemsOfADelivery) {
  rig_.Deliver({Message("m1")});
  rig_.Deliver({Unknown("a"), Message("m2"), {.kind = TestItem::kIssue}});
  rig_.Deliver({Unknown("b")});
  Redrive(Again(2, Message("m3")));
  const auto items = rig_.data().state().ItemsOf(2);
  ASSERT_THAT(items, IsOk());
  ASSERT_THAT(*items, SizeIs(3));
  EXPECT_TRUE((*items)[0].typed) << "it was redriven";
  EXPECT_TRUE((*items)[1].typed);
  EXPECT_FALSE((*items)[2].typed);
  EXPECT_EQ((*items)[2].unknown_seq, 0);
  EXPECT_EQ((*items)[2].position, 2);
  EXPECT_NE((*items)[2].sealed_raw, "");
  const auto unknown = rig_.data().state().ItemsOf(3);
  ASSERT_THAT(unknown, IsOk());
  ASSERT_THAT(*unknown, SizeIs(1));
  EXPECT_EQ((*unknown)[0].unknown_seq, 4);
  EXPECT_EQ((*unknown)[0].unknown_channel_no, kShop.no);
  EXPECT_EQ(FormatId(kEventPrefix, (*unknown)[0].unknown_id),
            Events().at(3).id());
  EXPECT_THAT(*rig_.data().state().ItemsOf(9), SizeIs(0));
}

TEST_F(ApplyRedriveTest, ReadersFindDeliveriesByTheirIds) {
  std::vector<RawId> ids;
  for (int i = 1; i <= 3; ++i) {
    rig_.Deliver({Unknown(absl::StrCat(i))});
    ids.push_back(
        rig_.Rows(absl::StrCat("SELECT id FROM deliveries WHERE no = ", i))
            .at(0));
  }
  const auto found =
      rig_.data().state().FindDeliveries({ids[0], NewRawId(), ids[2]});
  ASSERT_THAT(found, IsOk());
  ASSERT_THAT(*found, SizeIs(2));
  EXPECT_EQ((*found)[0].id, ids[2]);
  EXPECT_EQ((*found)[1].id, ids[0]);
  EXPECT_EQ((*found)[1].channel_no, kShop.no);
}

}  // namespace
}  // namespace linktor::state
