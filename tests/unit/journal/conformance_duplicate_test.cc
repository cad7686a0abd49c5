// Conformance: what was stored once is not stored again.

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/journal/conformance.h"

namespace linktor::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// An item that has no mid, and is told apart by its time and text.
state::ItemSpec Seen(const std::string& text,
                     std::int64_t event_ms = state::kNowMs) {
  return {.kind = state::TestItem::kOther, .text = text, .event_ms = event_ms};
}

TEST_P(JournalConformance, MidIsTakenOnce) {
  EXPECT_EQ(rig().Deliver({Text("m1")}).events, 1);
  const state::DeliveryAnswer again = rig().Deliver({Text("m1"), Text("m2")});
  EXPECT_EQ(again.duplicates, 1);
  EXPECT_EQ(again.events, 1);
  EXPECT_THAT(rig().told_sequences(), ElementsAre(1, 2));
}

TEST_P(JournalConformance, MidIsTakenOnceWithinARecord) {
  const state::DeliveryAnswer answer =
      rig().Deliver({Text("m1"), Text("m1"), Text("m2"), Text("m1")});
  EXPECT_EQ(answer.events, 2);
  EXPECT_EQ(answer.duplicates, 2);
}

TEST_P(JournalConformance, MidIsTakenOnceWithinABatch) {
  const auto endings = rig().AppendTogether(
      {state::MakeDelivery(rig().sealer(), state::kNowMs, {Text("m1")}),
       state::MakeDelivery(rig().sealer(), state::kNowMs, {Text("m1")}),
       state::MakeDelivery(rig().sealer(), state::kNowMs,
                           {Text("m2"), Text("m1")})});
  EXPECT_EQ(std::get<state::DeliveryAnswer>(endings[0].answer).events, 1);
  EXPECT_EQ(std::get<state::DeliveryAnswer>(endings[1].answer).duplicates, 1);
  EXPECT_EQ(std::get<state::DeliveryAnswer>(endings[2].answer).duplicates, 1);
  EXPECT_THAT(rig().told_sequences(), ElementsAre(1, 2));
}

TEST_P(JournalConformance, MidIsTakenOnceAcrossOpenings) {
  rig().Deliver({Text("m1")});
  rig().Reopen();
  EXPECT_EQ(rig().Deliver({Text("m1")}).duplicates, 1);
  EXPECT_THAT(rig().told_sequences(), SizeIs(0));
}

// An echo of a message is not a duplicate of it, nor is another channel's.
TEST_P(JournalConformance, MidOfAnotherKindOrChannelIsAnother) {
  rig().Create(state::kCafe);
  state::ItemSpec cafe = Text("m1");
  cafe.channel = state::kCafe;
  const state::DeliveryAnswer answer =
      rig().Deliver({Text("m1"),
                     Echo("m1"),
                     cafe,
                     {.kind = state::TestItem::kPostback, .mid = "m1"}});
  EXPECT_EQ(answer.events, 4);
}

// It may be in memory, on its way to the table, or in the table.
TEST_P(JournalConformance, MidIsFoundWhereverItIs) {
  Start({.runs = {8, 8}});
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(rig().Deliver({Text(absl::StrCat("m", i))}).events, 1);
    if (i == 50) rig().Reopen();
  }
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(rig().Deliver({Text(absl::StrCat("m", i))}).duplicates, 1) << i;
  }
}

TEST_P(JournalConformance, DedupeKeyIsTakenOnce) {
  EXPECT_EQ(rig().Deliver({Seen("a")}).events, 1);
  EXPECT_EQ(rig().Deliver({Seen("a")}).duplicates, 1);
  EXPECT_EQ(rig().Deliver({Seen("a", state::kNowMs + 1)}).events, 1)
      << "another time";
  EXPECT_EQ(rig().Deliver({Seen("b")}).events, 1) << "another item";
}

TEST_P(JournalConformance, DedupeKeyIsTakenOnceWithinARecordAndABatch) {
  const auto endings = rig().AppendTogether(
      {state::MakeDelivery(rig().sealer(), state::kNowMs,
                           {Seen("a"), Seen("a"), Seen("b")}),
       state::MakeDelivery(rig().sealer(), state::kNowMs, {Seen("b")})});
  EXPECT_EQ(std::get<state::DeliveryAnswer>(endings[0].answer).duplicates, 1);
  EXPECT_EQ(std::get<state::DeliveryAnswer>(endings[1].answer).duplicates, 1);
}

TEST_P(JournalConformance, DedupeKeyIsTakenOnceAcrossOpenings) {
  rig().Deliver({Seen("a")});
  rig().Reopen();
  EXPECT_EQ(rig().Deliver({Seen("a")}).duplicates, 1);
}

// A duplicate opens no window: Meta may deliver an old message again.
TEST_P(JournalConformance, DuplicateMovesNothing) {
  rig().Deliver({Text("m1")});
  const auto before = rig().Conversation("501").last_inbound_ms;
  state::ItemSpec later = Text("m1");
  later.event_ms = state::kNowMs + state::kHourMs;
  rig().Deliver({later}, state::kNowMs + state::kHourMs);
  EXPECT_EQ(rig().Conversation("501").last_inbound_ms, before);
}

}  // namespace
}  // namespace linktor::journal
