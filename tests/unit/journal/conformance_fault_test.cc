// Conformance: records that cannot be applied or are not known, and expiry.

#include <gmock/gmock.h>

#include "tests/unit/journal/conformance.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// ---- Records at fault -------------------------------------------------------

// The database refuses whatever is about this customer.
constexpr char kPoisonTrigger[] =
    "CREATE TRIGGER poison_event BEFORE INSERT ON events "
    "WHEN NEW.user_id = '666' BEGIN SELECT RAISE(ABORT, 'poison'); END;"
    "CREATE TRIGGER poison_message BEFORE INSERT ON messages "
    "WHEN NEW.user_id = '666' BEGIN SELECT RAISE(ABORT, 'poison'); END";
constexpr char kPoisonUser[] = "666";

class PoisonedConformance : public JournalConformance {
 protected:
  void SetUp() override {
    JournalConformance::SetUp();
    rig().Close();
    engine().ExecuteClosed(kPoisonTrigger);
    rig().Open();
  }
  state::SealedRecord Delivery(const std::string& user,
                               const std::string& mid) {
    return state::MakeDelivery(rig().sealer(), state::kNowMs,
                               {Text(mid, user)});
  }
};

TEST_P(PoisonedConformance, WebhookIsQuarantinedAndItsNeighboursAreKept) {
  const auto endings =
      rig().AppendTogether({Delivery("501", "m1"), Delivery(kPoisonUser, "m2"),
                            Delivery("502", "m3")});
  EXPECT_EQ(std::get<state::DeliveryAnswer>(endings[0].answer).events, 1);
  EXPECT_TRUE(std::get<state::DeliveryAnswer>(endings[1].answer).quarantined);
  EXPECT_EQ(std::get<state::DeliveryAnswer>(endings[1].answer).issues, 1);
  EXPECT_EQ(std::get<state::DeliveryAnswer>(endings[2].answer).events, 1);
  EXPECT_THAT(rig().told_sequences(), ElementsAre(1, 2));
  EXPECT_THAT(rig().Summary(), ElementsAre("1 message.received 501 hi",
                                           "2 message.received 502 hi"));
}

// Once the program or the database is mended, it can come again.
TEST_P(PoisonedConformance, QuarantinedMidIsNoDuplicate) {
  rig().AppendTogether({Delivery("501", "m1"), Delivery(kPoisonUser, "m2")});
  rig().Close();
  engine().ExecuteClosed("DROP TRIGGER poison_event");
  rig().Open();
  EXPECT_EQ(rig().Deliver({Text("m2", kPoisonUser)}).events, 1);
}

TEST_P(PoisonedConformance, CallIsRefusedAndItsNeighboursAreKept) {
  const auto endings = rig().AppendTogether(
      {state::MakeClaim(rig().sealer(), {.request_id = "a"}),
       state::MakeClaim(rig().sealer(),
                        {.user = kPoisonUser, .request_id = "b"}),
       state::MakeClaim(rig().sealer(), {.user = "503", .request_id = "c"})});
  EXPECT_TRUE(endings[0].applied());
  EXPECT_EQ(endings[1].kind, Ending::Kind::kRefused);
  EXPECT_EQ(state::ReasonOf(endings[1].status), "INTERNAL_FAULT");
  EXPECT_TRUE(endings[2].applied());
  const auto pending = rig().folder().state().PendingMessages();
  ASSERT_TRUE(pending.ok()) << pending.status();
  EXPECT_THAT(*pending, SizeIs(2));
  for (const Told& one : rig().told()) {
    EXPECT_NE(one.record.claim().user_id(), kPoisonUser);
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, PoisonedConformance,
                         testing::ValuesIn(AllEngines()),
                         [](const auto& kind) { return kind.param.name; });

// ---- Records that nobody knows ----------------------------------------------

// Another program may make something of it: it is no fault of the record's, so
// it is not quarantined.
TEST_P(JournalConformance, UnknownBodyStopsTheEngine) {
  rig().Deliver({Text("m1")});
  std::vector<state::SealedRecord> records;
  records.emplace_back(
      state::MakeDelivery(rig().sealer(), state::kNowMs, {Text("m2")}));
  records.emplace_back(NewRecord(state::kNowMs));
  records.emplace_back(
      state::MakeDelivery(rig().sealer(), state::kNowMs, {Text("m3")}));
  const auto endings = rig().AppendTogether(std::move(records));
  EXPECT_TRUE(endings[0].applied()) << "what comes before is whole";
  EXPECT_FALSE(endings[1].applied());
  EXPECT_FALSE(endings[2].applied());
  EXPECT_THAT(engine().stopped().message(),
              HasSubstr("does not know. Start the program that wrote it"));
  EXPECT_FALSE(rig().AppendOne(state::MakeNothing()).applied());
  EXPECT_THAT(rig().told_sequences(), ElementsAre(1, 2));
}

// ---- Expiry -----------------------------------------------------------------

class ExpiryConformance : public JournalConformance {
 protected:
  std::int64_t ExpiryMs() {
    return rig().Append<state::TrimAnswer>(state::MakeTrim()).expiry_ms;
  }
  // Everything that is older than an hour goes.
  state::TrimAnswer Trim(std::int64_t now_ms, std::int64_t elapsed_ms) {
    return rig().Append<state::TrimAnswer>(
        state::MakeTrim({.now_ms = now_ms,
                         .elapsed_ms = elapsed_ms,
                         .measured_from_ms = ExpiryMs(),
                         .event_age_ms = state::kHourMs,
                         .raw_age_ms = state::kHourMs}));
  }
  std::size_t EventsLeft() { return rig().ReadEvents().size(); }
  void Fill() { rig().Deliver({Text("m1"), Text("m2"), Text("m3")}); }
};

TEST_P(ExpiryConformance, TrimDeletesWhatIsPast) {
  Fill();
  EXPECT_GT(
      Trim(state::kNowMs + 2 * state::kHourMs, 2 * state::kHourMs).deleted, 0);
  EXPECT_EQ(EventsLeft(), 1) << "the last one stays, so that its number does";
  EXPECT_EQ(*rig().folder().state().OldestSeq(), 3);
  rig().Reopen();
  rig().Deliver({Text("m4")});
  EXPECT_EQ(rig().ReadEvents().back().seq, 4);
}

TEST_P(ExpiryConformance, TrimMovesTheExpiryTimeByAtMostTwiceWhatHasPassed) {
  Fill();
  // The clock is a week ahead: half an hour and its double are all that pass.
  const std::int64_t week = state::kNowMs + 7 * state::kDayMs;
  EXPECT_EQ(Trim(week, state::kHourMs / 2).deleted, 0) << "exactly an hour";
  EXPECT_EQ(EventsLeft(), 3);
  EXPECT_GT(Trim(week, 1).deleted, 0);
  EXPECT_EQ(EventsLeft(), 1);
}

TEST_P(ExpiryConformance, ClockOfAnotherCenturyIsNotBelieved) {
  Fill();
  const std::int64_t century = state::kNowMs + 36'500 * state::kDayMs;
  EXPECT_EQ(Trim(century, state::kHourMs).deleted, 0) << "exactly an hour";
  EXPECT_EQ(EventsLeft(), 3);
  EXPECT_GT(Trim(century, 1).deleted, 0);
  EXPECT_EQ(EventsLeft(), 1);
}

TEST_P(ExpiryConformance, TimeThatAnotherTrimHasCountedDoesNotCount) {
  Fill();
  const state::TrimSpec spec{.now_ms = state::kNowMs + state::kHourMs,
                             .elapsed_ms = state::kHourMs,
                             .measured_from_ms = ExpiryMs(),
                             .event_age_ms = state::kHourMs,
                             .raw_age_ms = state::kHourMs};
  const state::TrimAnswer first =
      rig().Append<state::TrimAnswer>(state::MakeTrim(spec));
  EXPECT_EQ(first.expiry_ms, spec.measured_from_ms + state::kHourMs);
  const state::TrimAnswer second =
      rig().Append<state::TrimAnswer>(state::MakeTrim(spec));
  EXPECT_EQ(second.expiry_ms, first.expiry_ms);
  EXPECT_EQ(second.deleted, 0);
  EXPECT_EQ(EventsLeft(), 3);
  // It deletes all the same.
  state::TrimSpec late = spec;
  late.event_age_ms = state::kHourMs - 1;
  EXPECT_GT(rig().Append<state::TrimAnswer>(state::MakeTrim(late)).deleted, 0);
  EXPECT_EQ(EventsLeft(), 1);
}

TEST_P(ExpiryConformance, TrimMovesNothingWhileNoTimeHasPassed) {
  Fill();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Trim(state::kNowMs + 1000 * state::kDayMs, 0).deleted, 0);
  }
  EXPECT_EQ(EventsLeft(), 3);
}

TEST_P(ExpiryConformance, TimePassesUnderAClockThatIsBehind) {
  Fill();
  EXPECT_GT(Trim(0, state::kHourMs + 1).deleted, 0);
  EXPECT_EQ(EventsLeft(), 1);
}

TEST_P(ExpiryConformance, TrimmedMidCanComeAgain) {
  Fill();
  Trim(state::kNowMs + 2 * state::kHourMs, 2 * state::kHourMs);
  EXPECT_EQ(rig().Deliver({Text("m1")}).events, 1);
  EXPECT_EQ(rig().Deliver({Text("m3")}).duplicates, 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, ExpiryConformance,
                         testing::ValuesIn(AllEngines()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace linktor::journal
