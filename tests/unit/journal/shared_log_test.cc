// Two instances on one log: each has a state of its own and learns of what the
// other appends; who appended a record decides only what is begun because of
// it.

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "server/state/applier.h"
#include "server/state/event_encoding.h"
#include "tests/unit/journal/conformance.h"
#include "tests/unit/journal/state_dump.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SharedLogConformance : public testing::TestWithParam<LogKind> {
 protected:
  // `ours` looks on while `theirs` appends.
  struct Member {
    std::unique_ptr<LogUnderTest::Instance> instance;
    std::unique_ptr<EngineRig> rig;
  };

  void SetUp() override {
    log_ = GetParam().make();
    ours_ = Add({});
    theirs_ = Add({.runs = {4, 4}});
    theirs().Create(state::kShop);
    Follow();
  }
  void TearDown() override { ExpectEqualStates(); }

  Member Add(const EngineOptions& options) {
    Member made{.instance = log_->Add(options)};
    made.rig = std::make_unique<EngineRig>(*made.instance);
    made.rig->Open();
    return made;
  }
  LogUnderTest& log() { return *log_; }
  EngineRig& ours() const { return *ours_.rig; }
  EngineRig& theirs() const { return *theirs_.rig; }
  // Both apply all that is in the log.
  void Follow() const {
    ours_.instance->Follow();
    theirs_.instance->Follow();
  }
  // Returns how ours is told of a record that theirs appends.
  Told ToldOf(state::SealedRecord made) {
    EXPECT_TRUE(theirs().AppendOne(std::move(made)).applied());
    ours_.instance->Follow();
    const auto told = ours().told();
    EXPECT_FALSE(told.empty());
    return told.empty() ? Told() : told.back();
  }
  static StateDump DumpOf(const Member& member) {
    auto dump = DumpState(member.instance->database_path());
    EXPECT_TRUE(dump.ok()) << dump.status();
    return dump.ok() ? *std::move(dump) : StateDump();
  }
  void ExpectEqualStates() {
    Follow();
    const StateDump dump = DumpOf(ours_);
    EXPECT_FALSE(dump.empty());
    EXPECT_EQ(DifferenceOf(dump, DumpOf(theirs_)), "");
  }

  std::unique_ptr<LogUnderTest> log_;
  Member ours_;
  Member theirs_;
};

TEST_P(SharedLogConformance, EventOfTheOtherComesOnTheFeed) {
  state::SealedRecord made =
      state::MakeDelivery(theirs().sealer(), state::kNowMs, {Text("m1")});
  const Told told = ToldOf(std::move(made));
  EXPECT_FALSE(told.own);
  ASSERT_THAT(told.effects.events, SizeIs(1));
  state::CommittedEvent event = told.effects.events.front();
  EXPECT_EQ(event.seq, 1);
  ASSERT_TRUE(state::OpenEvent(ours().sealer(), event).ok());
  EXPECT_EQ(state::MergeEvent(event).message_received().text(), "hi");
  EXPECT_EQ(ours().Summary(), theirs().Summary());
}

// An event that its appender knew in the clear stays so in its process only.
TEST_P(SharedLogConformance, NothingInTheClearComesFromTheOther) {
  const Told told = ToldOf(
      state::MakeDelivery(theirs().sealer(), state::kNowMs, {Text("m1")}));
  EXPECT_EQ(told.effects.events.front().encoded, nullptr);
  EXPECT_NE(theirs().told().back().effects.events.front().encoded, nullptr);
}

TEST_P(SharedLogConformance, ChannelOfTheOtherLives) {
  const Told told = ToldOf(state::MakeChannel(state::kCafe));
  ASSERT_THAT(told.effects.channels, SizeIs(1));
  EXPECT_EQ(told.effects.channels.front().id, "cafe");
  EXPECT_THAT(ours().LiveChannels(), ElementsAre("cafe", "shop"));
  state::ItemSpec item = Text("m1");
  item.channel = state::kCafe;
  EXPECT_EQ(ours().Deliver({item}).events, 1);
}

TEST_P(SharedLogConformance, ChannelThatTheOtherDeletedIsGone) {
  const Told told = ToldOf(state::MakeDeletion("shop"));
  ASSERT_THAT(told.effects.channels, SizeIs(1));
  EXPECT_TRUE(told.effects.channels.front().deleted);
  EXPECT_EQ(ours().Claim().kind, state::ClaimAnswer::Kind::kChannelGone);
}

TEST_P(SharedLogConformance, KeyThatTheOtherDeletedIsGone) {
  ours().CreateKey("k1");
  Follow();
  journal::Record remove = NewRecord(state::kNowMs);
  remove.mutable_delete_api_key()->set_id("k1");
  remove.mutable_delete_api_key()->set_expected_revision(1);
  const Told told = ToldOf(std::move(remove));
  ASSERT_THAT(told.effects.api_keys, SizeIs(1));
  EXPECT_TRUE(told.effects.api_keys.front().deleted);
  EXPECT_THAT(*ours().folder().state().ApiKeys(), IsEmpty());
}

TEST_P(SharedLogConformance, OptOutAndNameOfTheOtherHold) {
  theirs().Append<state::ConversationAnswer>(state::MakeOptOut({}));
  const Told told = ToldOf(
      state::MakeUsername(theirs().sealer(), state::kShop, "501", "ada"));
  ASSERT_THAT(told.effects.names, SizeIs(1));
  const auto name =
      ours().sealer().Open(seal::SealedPlace::kUsername, "501",
                           ours().Conversation("501").sealed_username);
  EXPECT_EQ(name.value_or(""), "ada");
  EXPECT_EQ(ours().Claim().kind, state::ClaimAnswer::Kind::kOptedOut);
}

TEST_P(SharedLogConformance, WhatTheOtherErasesIsErased) {
  ours().Deliver({Text("m1"), Text("m2")});
  Follow();
  journal::Record erase = NewRecord(state::kNowMs);
  erase.mutable_erase()->set_mid_key(state::MidKeyOf(state::kShop, "m1"));
  const Told told = ToldOf(std::move(erase));
  EXPECT_THAT(told.effects.erased_events, ElementsAre(1));
  EXPECT_GT(told.effects.due_erasure, 0) << "its files are ours to clear";
  EXPECT_THAT(ours().Summary(), ElementsAre("1 message.received 501 ",
                                            "2 message.received 501 hi"));
}

// The destroyed key must be gone from the memory of both states, too.
TEST_P(SharedLogConformance, KeyThatTheOtherDestroysOpensNothing) {
  ours().Deliver({Text("m1")});
  Follow();
  journal::Record destroy = NewRecord(state::kNowMs);
  for (const Told& one : ours().told()) {
    for (const auto& key : one.effects.data_keys) {
      destroy.mutable_erase()->add_key_ids(key.id());
    }
  }
  EXPECT_THAT(ToldOf(destroy).effects.destroyed_keys, SizeIs(1));
  EXPECT_THAT(ours().Summary(), ElementsAre("1 message.received 501 "));
}

// Meta may deliver the same item to both.
TEST_P(SharedLogConformance, WhatBothWereGivenIsOneEvent) {
  EXPECT_EQ(ours().Deliver({Text("m1")}).events, 1);
  EXPECT_EQ(theirs().Deliver({Text("m1"), Text("m2")}).duplicates, 1);
  Follow();
  EXPECT_THAT(ours().told_sequences(), ElementsAre(1, 2));
  EXPECT_THAT(theirs().told_sequences(), ElementsAre(1, 2));
}

// Both have measured the time since the same Trim, and neither knows of the
// other's: it counts once.
TEST_P(SharedLogConformance, TrimsThatCrossCountTheTimeOnce) {
  const std::int64_t from_ms =
      ours().Append<state::TrimAnswer>(state::MakeTrim()).expiry_ms;
  Follow();
  const std::vector<EngineRig*> both = {&ours(), &theirs()};
  for (EngineRig* rig : both) rig->engine().Hold();
  std::vector<state::TrimAnswer> answers;
  for (EngineRig* rig : both) {
    rig->engine().journal().Append(
        state::MakeTrim({.now_ms = state::kNowMs + state::kMinuteMs,
                         .elapsed_ms = state::kMinuteMs,
                         .measured_from_ms = from_ms}),
        [&](Ending ending) {
          answers.push_back(std::get<state::TrimAnswer>(ending.answer));
        });
  }
  for (EngineRig* rig : both) rig->engine().Release();
  Follow();
  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_EQ(answers[0].expiry_ms, from_ms + state::kMinuteMs);
  EXPECT_EQ(answers[1].expiry_ms, from_ms + state::kMinuteMs);
}

// ---- Sends ------------------------------------------------------------------

// Counts the claims that a lane of this instance would begin, which is a call
// to Instagram each.
int Begun(EngineRig& rig) {
  const Appender& me = rig.folder().appender();
  int begun = 0;
  for (const Told& one : rig.told()) {
    if (!one.own || !one.record.has_claim()) continue;
    for (const state::MessageRow& row : one.effects.messages) {
      if (row.state == v1::MESSAGE_STATE_PENDING &&
          row.instance == me.instance && row.incarnation == me.incarnation) {
        ++begun;
      }
    }
  }
  return begun;
}

TEST_P(SharedLogConformance, ClaimOfTheOtherIsKnownButNotBegun) {
  const Told told = ToldOf(state::MakeClaim(theirs().sealer(), {}));
  ASSERT_THAT(told.effects.messages, SizeIs(1)) << "the lane knows it";
  EXPECT_FALSE(told.own);
  EXPECT_EQ(told.effects.messages.front().instance,
            theirs().folder().appender().instance);
  EXPECT_EQ(Begun(ours()), 0);
  EXPECT_EQ(Begun(theirs()), 1);
}

TEST_P(SharedLogConformance, SameRequestAtBothIsBegunOnce) {
  const std::vector<EngineRig*> both = {&ours(), &theirs()};
  for (EngineRig* rig : both) rig->engine().Hold();
  std::vector<state::ClaimAnswer> answers;
  for (EngineRig* rig : both) {
    state::SealedRecord made = state::MakeClaim(rig->sealer(), {});
    AppendSealed(
        rig->engine().journal(), std::move(made.keys),
        Appended{.record = std::move(made.record), .clear = {}},
        [&](Ending ending) {
          answers.push_back(std::get<state::ClaimAnswer>(ending.answer));
        });
  }
  for (EngineRig* rig : both) rig->engine().Release();
  Follow();
  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_EQ(answers[0].message.id, answers[1].message.id);
  EXPECT_NE(answers[0].kind, answers[1].kind);
  EXPECT_EQ(Begun(ours()) + Begun(theirs()), 1);
}

TEST_P(SharedLogConformance, SendThatTheOtherHasSettledIsSettled) {
  const state::MessageRow claimed = ours().Claim().message;
  ours().Deliver({Echo("m1")});
  Follow();
  const Told told =
      ToldOf(state::MakeOutcome(theirs().sealer(), claimed, {.mid = "m1"}));
  ASSERT_THAT(told.effects.messages, SizeIs(testing::Ge(1)));
  EXPECT_EQ(told.effects.messages.front().state, v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(ours().Message(claimed.id).mid, "m1");
  EXPECT_THAT(ours().Summary(),
              ElementsAre("1 message.sent 501 ", "2 message.echoed 501 hello"));
  EXPECT_EQ(ours().Claim().kind, state::ClaimAnswer::Kind::kEnded);
}

// ---- Starts -----------------------------------------------------------------

TEST_P(SharedLogConformance, OpenedInstanceHasCaughtUp) {
  ours().Close();
  theirs().Deliver({Text("m1"), Text("m2")});
  ours().Open();
  EXPECT_EQ(ours().folder().last_seq(), 2);
  EXPECT_THAT(ours().told_sequences(), IsEmpty());
  EXPECT_THAT(ours().Summary(), SizeIs(2));
  theirs().Deliver({Text("m3")});
  Follow();
  EXPECT_THAT(ours().told_sequences(), ElementsAre(3));
}

// It has died between appending the claim and applying it: nobody may send it.
TEST_P(SharedLogConformance, ClaimOfAnEarlierStartIsNotOwn) {
  ours().engine().Hold();
  state::SealedRecord made = state::MakeClaim(ours().sealer(), {});
  state::SealedRecord first(state::MakeNothing());
  first.keys = made.keys;
  theirs().Append<state::Done>(std::move(first));
  Ending ending;
  ours().engine().journal().Append(
      std::move(made.record), [&](Ending told) { ending = std::move(told); });
  ours().Reopen();
  EXPECT_EQ(ending.kind, Ending::Kind::kUnknown);
  Follow();
  EXPECT_EQ(Begun(ours()), 0);
  const auto pending = ours().folder().state().PendingMessages();
  ASSERT_TRUE(pending.ok()) << pending.status();
  ASSERT_THAT(*pending, SizeIs(1));
  EXPECT_LT(pending->front().incarnation,
            ours().folder().appender().incarnation);
}

// Its start is in the log, though its state has never seen it.
TEST_P(SharedLogConformance, IncarnationIsNotUsedTwice) {
  const std::int64_t first = ours().folder().appender().incarnation;
  ours().engine().Hold();
  journal::Record started = NewRecord(state::kNowMs);
  started.set_format(state::kRecordFormat);
  started.set_instance(ours().folder().appender().instance);
  started.set_incarnation(first + 1);
  started.mutable_instance_started();
  log().AppendBytes(started.SerializeAsString());
  ours().Reopen();
  EXPECT_EQ(ours().folder().appender().incarnation, first + 2);
}

TEST_P(SharedLogConformance, NewInstanceBecomesWhatTheOthersAre) {
  theirs().Deliver({Text("m1"), Echo("m2"), Text("m3", "502")});
  const state::MessageRow claimed = theirs().Claim().message;
  theirs().Settle(claimed, {.mid = "m4"});
  theirs().Append<state::ChannelAnswer>(state::MakeChannel(state::kCafe));
  Member late = Add({.runs = {2, 2}});
  theirs_.instance->Follow();
  EXPECT_EQ(late.rig->Summary(), theirs().Summary());
  EXPECT_EQ(DifferenceOf(DumpOf(late), DumpOf(theirs_)), "");
}

// ---- Records of other programs ----------------------------------------------

class UnknownRecordTest : public SharedLogConformance {
 protected:
  void TearDown() override {}
  // Ours stops with a sentence that says `words`, after what came before, and
  // does not start again.
  void ExpectStop(const std::string& bytes, const std::string& words) {
    theirs().Deliver({Text("m1")});
    log().AppendBytes(bytes);
    const Ending ending = ours().AppendOne(
        state::MakeDelivery(ours().sealer(), state::kNowMs, {Text("m2")}));
    EXPECT_EQ(ending.kind, Ending::Kind::kUnknown);
    EXPECT_THAT(ours().engine().stopped().message(), HasSubstr(words));
    EXPECT_THAT(ours().told_sequences(), ElementsAre(1));
    EXPECT_EQ(ours().AppendOne(state::MakeNothing()).kind,
              Ending::Kind::kRefused);
    ours().Close();
    EXPECT_THAT(ours().engine().Open(nullptr).message(), HasSubstr(words));
  }
  static journal::Record Known() {
    journal::Record record = state::MakeNothing();
    record.set_format(state::kRecordFormat);
    record.set_instance("theirs");
    return record;
  }
};

TEST_P(UnknownRecordTest, UnknownFormatStops) {
  journal::Record record = Known();
  record.set_format(state::kRecordFormat + 1);
  ExpectStop(record.SerializeAsString(),
             absl::StrCat("a record has format ", state::kRecordFormat + 1,
                          "; this program knows format ", state::kRecordFormat,
                          ". Start the program that wrote it"));
}

TEST_P(UnknownRecordTest, NoFormatStops) {
  journal::Record record = Known();
  record.clear_format();
  ExpectStop(record.SerializeAsString(), "a record has format 0;");
}

// A body with a field number that this program has no name for.
TEST_P(UnknownRecordTest, UnknownBodyStops) {
  journal::Record record = Known();
  record.clear_body();
  // These bytes are field 999, which holds an empty message.
  const std::string unknown("\xba\x3e\x00", 3);
  ExpectStop(record.SerializeAsString() + unknown,
             "a record says something that this program does not know");
}

TEST_P(UnknownRecordTest, BytesThatAreNoRecordStop) {
  ExpectStop("no record", "cannot be read");
}

INSTANTIATE_TEST_SUITE_P(Logs, SharedLogConformance,
                         testing::ValuesIn(AllLogs()),
                         [](const auto& kind) { return kind.param.name; });
INSTANTIATE_TEST_SUITE_P(Logs, UnknownRecordTest, testing::ValuesIn(AllLogs()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace linktor::journal
