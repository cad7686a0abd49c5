// Conformance: order, the feed, and what is there after an opening.

#include <gmock/gmock.h>

#include <latch>
#include <thread>

#include "absl/strings/str_cat.h"
#include "server/state/applier.h"
#include "tests/unit/journal/conformance.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::Ne;
using ::testing::SizeIs;

TEST_P(JournalConformance, AppliesInTheOrderOfAppending) {
  const auto endings = rig().AppendTogether(
      {state::MakeDelivery(rig().sealer(), state::kNowMs, {Text("m1")}),
       state::MakeDelivery(rig().sealer(), state::kNowMs, {Text("m2")}),
       state::MakeDelivery(rig().sealer(), state::kNowMs,
                           {Text("m3", "502"), Text("m4")})});
  for (const Ending& one : endings) EXPECT_TRUE(one.applied());
  EXPECT_THAT(
      rig().Summary(),
      ElementsAre("1 message.received 501 hi", "2 message.received 501 hi",
                  "3 message.received 502 hi", "4 message.received 501 hi"));
}

TEST_P(JournalConformance, AnswersAreInTheOrderOfAppending) {
  std::vector<int> answered;
  engine().Hold();
  for (int i = 0; i < 100; ++i) {
    engine().journal().Append(
        state::MakeNothing(),
        [&answered, i](const Ending&) { answered.push_back(i); });
  }
  engine().Release();
  rig().Append<state::Done>(state::MakeNothing());
  ASSERT_THAT(answered, SizeIs(100));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(answered[std::size_t(i)], i);
}

TEST_P(JournalConformance, AnswersAfterTheViewsAndTheState) {
  state::SealedRecord made =
      state::MakeDelivery(rig().sealer(), state::kNowMs, {Text("m1")});
  std::size_t told = 0;
  std::size_t stored = 0;
  std::latch answered(1);
  AppendSealed(engine().journal(), std::move(made.keys),
               {.record = std::move(made.record), .clear = made.clear},
               [&](const Ending& ending) {
                 EXPECT_TRUE(ending.applied());
                 told = rig().told_sequences().size();
                 stored = rig().ReadEvents().size();
                 answered.count_down();
               });
  answered.wait();
  EXPECT_EQ(told, 1);
  EXPECT_EQ(stored, 1);
}

TEST_P(JournalConformance, AnswerOfACallbacksAppendComesToo) {
  std::vector<std::string> order;
  std::latch done(1);
  engine().journal().Append(state::MakeNothing(), [&](const Ending&) {
    order.emplace_back("first");
    engine().journal().Append(state::MakeNothing(), [&](const Ending&) {
      order.emplace_back("second");
      done.count_down();
    });
  });
  done.wait();
  EXPECT_THAT(order, ElementsAre("first", "second"));
}

TEST_P(JournalConformance, FeedTellsEventsInOrderWithoutHoles) {
  rig().Deliver({Text("m1"), Text("m2")});
  rig().Deliver({Text("m2")});
  rig().AppendTogether(
      {state::MakeDelivery(rig().sealer(), state::kNowMs, {Text("m3")}),
       state::MakeDelivery(rig().sealer(), state::kNowMs, {Text("m1")}),
       state::MakeDelivery(rig().sealer(), state::kNowMs, {Text("m4")})});
  EXPECT_THAT(rig().told_sequences(), ElementsAre(1, 2, 3, 4));
}

TEST_P(JournalConformance, FeedTellsWhatIsReadLater) {
  rig().Deliver({Text("m1"), Echo("m2")});
  rig().Deliver({Text("m3", "502")});
  std::vector<state::CommittedEvent> told;
  for (Told& one : rig().told()) {
    for (state::CommittedEvent& event : one.effects.events) {
      ASSERT_TRUE(state::OpenEvent(rig().sealer(), event).ok());
      told.push_back(std::move(event));
    }
  }
  const auto read = rig().ReadEvents();
  ASSERT_EQ(told.size(), read.size());
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].seq, read[i].seq);
    EXPECT_EQ(told[i].id, read[i].id);
    EXPECT_EQ(state::MergeEvent(told[i]).SerializeAsString(),
              state::MergeEvent(read[i]).SerializeAsString());
  }
}

// An event that its appender knows in the clear need not be opened again.
TEST_P(JournalConformance, ClearEventsRideBeside) {
  state::SealedRecord made =
      state::MakeDelivery(rig().sealer(), state::kNowMs, {Text("m1")});
  const auto clear = made.clear.front();
  rig().Append<state::DeliveryAnswer>(std::move(made));
  const Told told = rig().told().back();
  ASSERT_THAT(told.effects.events, SizeIs(1));
  EXPECT_EQ(told.effects.events.front().encoded, clear);
}

TEST_P(JournalConformance, WithoutClearEventsTheSealedOnesAreTold) {
  state::SealedRecord made =
      state::MakeDelivery(rig().sealer(), state::kNowMs, {Text("m1")});
  made.clear.clear();
  rig().Append<state::DeliveryAnswer>(std::move(made));
  state::CommittedEvent event = rig().told().back().effects.events.front();
  EXPECT_EQ(event.encoded, nullptr);
  ASSERT_TRUE(state::OpenEvent(rig().sealer(), event).ok());
  EXPECT_EQ(state::MergeEvent(event).message_received().text(), "hi");
}

TEST_P(JournalConformance, RefusedRecordsAreNotTold) {
  rig().Forget();
  state::MessageRow nobody{
      .id = NewRawId(), .channel_no = state::kShop.no, .attempt = 1};
  EXPECT_FALSE(rig()
                   .AppendOne(state::MakeOutcome(rig().sealer(), nobody, {}))
                   .applied());
  for (const Told& one : rig().told()) {
    EXPECT_FALSE(one.record.has_send_outcome());
  }
}

TEST_P(JournalConformance, OwnRecordsAreToldAsOwn) {
  rig().Deliver({Text("m1")});
  ASSERT_THAT(rig().told(), SizeIs(testing::Ge(3)));
  for (const Told& one : rig().told()) EXPECT_TRUE(one.own);
}

TEST_P(JournalConformance, RecordsSayWhoAppendedThem) {
  rig().Deliver({Text("m1")});
  rig().Deliver({Text("m2")});
  std::int64_t number = 0;
  for (const Told& one : rig().told()) {
    EXPECT_EQ(one.record.format(), state::kRecordFormat);
    EXPECT_EQ(one.record.instance(), rig().folder().appender().instance);
    EXPECT_EQ(one.record.incarnation(), rig().folder().appender().incarnation);
    EXPECT_EQ(one.record.number(), ++number);
  }
  EXPECT_GE(number, 4);
}

TEST_P(JournalConformance, IncarnationGrowsWithEveryOpening) {
  const Appender first = rig().folder().appender();
  for (int i = 1; i <= 3; ++i) {
    rig().Reopen();
    EXPECT_EQ(rig().folder().appender().instance, first.instance);
    EXPECT_EQ(rig().folder().appender().incarnation, first.incarnation + i);
    const auto told = rig().told();
    ASSERT_FALSE(told.empty());
    const journal::Record& started = told.front().record;
    EXPECT_TRUE(started.has_instance_started()) << "before all else";
    EXPECT_EQ(started.incarnation(), first.incarnation + i);
    EXPECT_EQ(started.number(), 1);
  }
}

TEST_P(JournalConformance, EventsAreTheSameAfterAnOpening) {
  rig().Deliver({Text("m1"), Echo("m2"), Text("m3", "502")});
  const auto before = rig().ReadEvents();
  rig().Reopen();
  const auto after = rig().ReadEvents();
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(after[i].seq, before[i].seq);
    EXPECT_EQ(after[i].id, before[i].id);
    EXPECT_EQ(*after[i].encoded, *before[i].encoded);
  }
}

// A cursor is the log's id, its epoch and a sequence.
TEST_P(JournalConformance, CursorsAreTheSameAfterAnOpening) {
  rig().Deliver({Text("m1")});
  const LogIdentity before = rig().folder().identity();
  rig().Reopen();
  EXPECT_EQ(rig().folder().identity().log_id, before.log_id);
  EXPECT_EQ(rig().folder().identity().epoch, before.epoch);
  EXPECT_EQ(rig().folder().last_seq(), 1);
}

TEST_P(JournalConformance, SequencesGoOnAfterAnOpening) {
  rig().Deliver({Text("m1"), Text("m2")});
  rig().Reopen();
  rig().Deliver({Text("m3")});
  EXPECT_THAT(rig().told_sequences(), ElementsAre(3));
  EXPECT_THAT(rig().ReadEvents(), SizeIs(3));
}

// A clock that goes back moves no event.
TEST_P(JournalConformance, SequencesFollowTheLogNotTheClock) {
  rig().Deliver({Text("m1")}, state::kNowMs);
  rig().Deliver({Text("m2")}, state::kNowMs - state::kDayMs);
  rig().Deliver({Text("m3")}, state::kNowMs + state::kDayMs);
  EXPECT_THAT(rig().told_sequences(), ElementsAre(1, 2, 3));
}

TEST_P(JournalConformance, AppendsAreRefusedAfterTheEnd) {
  engine().Stop();
  const Ending ending = rig().AppendOne(state::MakeNothing());
  EXPECT_EQ(ending.kind, Ending::Kind::kRefused);
  EXPECT_EQ(state::ReasonOf(ending.status), "DRAINING");
}

TEST_P(JournalConformance, ManyThreadsShareOneSequence) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 25; ++i) {
        rig().Deliver({Text(absl::StrCat("m", t, "-", i)), Text("same")});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto told = rig().told_sequences();
  ASSERT_THAT(told, SizeIs(101));
  for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i], i + 1);
}

// ---- Data keys --------------------------------------------------------------

TEST_P(JournalConformance, KeysAreAppliedBeforeWhatTheyHaveSealed) {
  rig().Forget();
  rig().Deliver({Text("m1")});
  const auto told = rig().told();
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_TRUE(told.front().record.has_add_data_keys());
  EXPECT_THAT(told.front().effects.data_keys, SizeIs(1));
  EXPECT_TRUE(told.back().record.has_webhook());
}

TEST_P(JournalConformance, AKeyThatIsStoredIsUsedAgain) {
  rig().Deliver({Text("m1")});
  rig().Forget();
  rig().Deliver({Text("m2")});
  rig().Reopen();
  rig().Deliver({Text("m3")});
  for (const Told& one : rig().told()) {
    EXPECT_FALSE(one.record.has_add_data_keys());
  }
}

// Two callers may have made a key for the same person at the same time.
TEST_P(JournalConformance, APersonMayHaveSeveralKeys) {
  std::vector<state::SealedRecord> both;
  both.push_back(
      state::MakeDelivery(rig().sealer(), state::kNowMs, {Text("m1")}));
  both.push_back(
      state::MakeDelivery(rig().sealer(), state::kNowMs, {Text("m2")}));
  ASSERT_THAT(both.front().keys, SizeIs(1));
  ASSERT_THAT(both.back().keys, SizeIs(1));
  ASSERT_THAT(both.front().keys.front().id(),
              Ne(both.back().keys.front().id()));
  rig().AppendTogether(std::move(both));
  rig().Reopen();
  EXPECT_THAT(rig().Summary(), ElementsAre("1 message.received 501 hi",
                                           "2 message.received 501 hi"));
}

TEST_P(JournalConformance, ContentCanBeOpenedAfterAnOpening) {
  rig().Deliver({Text("m1")});
  const state::MessageRow sent = rig().Claim({.text = "secret"}).message;
  rig().Reopen();
  EXPECT_THAT(rig().Summary(), ElementsAre("1 message.received 501 hi"));
  const auto opened =
      rig().sealer().Open(seal::SealedPlace::kMessage, sent.id,
                          rig().Message(sent.id).sealed_content);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(*opened, "secret");
}

}  // namespace
}  // namespace linktor::journal
