// The ways in which an append ends, and sealed records, which are appended
// after their keys.

#include "server/journal/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/unit/state/record_makers.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Answers at once, as it was told to, or when it is told.
class FakeJournal final : public Journal {
 public:
  using Journal::Append;
  void Append(Appended appended, Callback done) override {
    appended_.push_back(std::move(appended));
    if (endings_.empty()) {
      waiting_ = std::move(done);
      return;
    }
    Ending ending = std::move(endings_.front());
    endings_.pop_front();
    done(std::move(ending));
  }

  void WillEnd(Ending ending) { endings_.push_back(std::move(ending)); }
  // Ends the append that waits.
  void End(Ending ending) {
    std::exchange(waiting_, nullptr)(std::move(ending));
  }
  const std::vector<Appended>& appended() const { return appended_; }
  std::vector<journal::Record::BodyCase> bodies() const {
    std::vector<journal::Record::BodyCase> bodies;
    bodies.reserve(appended_.size());
    for (const Appended& one : appended_) {
      bodies.push_back(one.record.body_case());
    }
    return bodies;
  }

 private:
  std::deque<Ending> endings_;
  Callback waiting_;
  std::vector<Appended> appended_;
};

seal::NewKeys TwoKeys() {
  seal::NewKeys keys(2);
  keys[0].set_id(7);
  keys[1].set_id(8);
  return keys;
}

// ---- Endings ----------------------------------------------------------------

TEST(EndingTest, AnswerOfWhatWasApplied) {
  const auto answer = AnswerAs<state::TrimAnswer>(
      Ending::Applied(state::TrimAnswer{.deleted = 3, .more = true}));
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->deleted, 3);
  EXPECT_TRUE(answer->more);
}

TEST(EndingTest, StatusOfWhatWasNot) {
  EXPECT_THAT(
      AnswerAs<state::Done>(Ending::Refused(absl::UnavailableError("a"))),
      StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(AnswerAs<state::Done>(Ending::Unknown(absl::AbortedError("b"))),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_FALSE(Ending::Unknown(absl::AbortedError("b")).applied());
  EXPECT_FALSE(Ending::Refused(absl::AbortedError("b")).applied());
}

// ---- Keys first -------------------------------------------------------------

TEST(AppendSealedTest, RecordIsAppendedWhenItsKeysAreApplied) {
  FakeJournal journal;
  std::vector<Ending> endings;
  AppendSealed(journal, TwoKeys(),
               {.record = state::MakeOptOut({}), .clear = {}},
               [&](Ending ending) { endings.push_back(std::move(ending)); });
  ASSERT_THAT(journal.bodies(), ElementsAre(journal::Record::kAddDataKeys));
  const journal::Record& first = journal.appended().front().record;
  EXPECT_EQ(first.time_ms(), state::kNowMs);
  ASSERT_EQ(first.add_data_keys().keys_size(), 2);
  EXPECT_EQ(first.add_data_keys().keys(0).id(), 7);
  EXPECT_EQ(first.add_data_keys().keys(1).id(), 8);
  EXPECT_THAT(endings, IsEmpty());
  journal.End(Ending::Applied(state::Done{}));
  EXPECT_THAT(journal.bodies(), ElementsAre(journal::Record::kAddDataKeys,
                                            journal::Record::kSetOptOut));
  EXPECT_THAT(endings, IsEmpty()) << "the keys are not the answer";
  journal.End(Ending::Applied(state::ConversationAnswer{.live = false}));
  ASSERT_THAT(endings, SizeIs(1));
  EXPECT_FALSE(
      std::get<state::ConversationAnswer>(endings.front().answer).live);
}

TEST(AppendSealedTest, WithoutKeysItIsTheRecordAlone) {
  FakeJournal journal;
  journal.WillEnd(Ending::Applied(state::Done{}));
  bool applied = false;
  AppendSealed(journal, {}, {.record = state::MakeOptOut({}), .clear = {}},
               [&](const Ending& ending) { applied = ending.applied(); });
  EXPECT_TRUE(applied);
  EXPECT_THAT(journal.bodies(), ElementsAre(journal::Record::kSetOptOut));
}

TEST(AppendSealedTest, WhatIsKnownInTheClearRidesBesideTheRecord) {
  FakeJournal journal;
  const auto clear = std::make_shared<const std::string>("event");
  AppendSealed(journal, TwoKeys(),
               {.record = state::MakeOptOut({}), .clear = {clear}},
               [](const Ending&) {});
  EXPECT_THAT(journal.appended().front().clear, IsEmpty());
  journal.End(Ending::Applied(state::Done{}));
  EXPECT_THAT(journal.appended().back().clear, ElementsAre(clear));
}

// Then nothing was done with the record, and nobody can be told otherwise.
class KeysNotAppliedTest : public testing::TestWithParam<Ending::Kind> {};

TEST_P(KeysNotAppliedTest, EndsBoth) {
  const Ending not_applied{.kind = GetParam(),
                           .status = absl::ResourceExhaustedError("full")};
  FakeJournal journal;
  journal.WillEnd(not_applied);
  std::vector<Ending> endings;
  AppendSealed(journal, TwoKeys(),
               {.record = state::MakeOptOut({}), .clear = {}},
               [&](Ending ending) { endings.push_back(std::move(ending)); });
  journal.WillEnd(not_applied);
  endings.push_back(
      AppendSealedAndWait(journal, TwoKeys(), state::MakeOptOut({})));
  ASSERT_THAT(endings, SizeIs(2));
  for (const Ending& ending : endings) {
    EXPECT_EQ(ending.kind, GetParam());
    EXPECT_THAT(ending.status, StatusIs(absl::StatusCode::kResourceExhausted));
  }
  EXPECT_THAT(journal.bodies(), ElementsAre(journal::Record::kAddDataKeys,
                                            journal::Record::kAddDataKeys));
}

INSTANTIATE_TEST_SUITE_P(Endings, KeysNotAppliedTest,
                         testing::Values(Ending::Kind::kRefused,
                                         Ending::Kind::kUnknown),
                         [](const auto& test) {
                           return test.param == Ending::Kind::kRefused
                                      ? "Refused"
                                      : "Unknown";
                         });

TEST(AppendSealedTest, WaitsForBoth) {
  FakeJournal journal;
  journal.WillEnd(Ending::Applied(state::Done{}));
  journal.WillEnd(Ending::Applied(state::ConversationAnswer{.live = false}));
  const auto answer = AppendSealedAs<state::ConversationAnswer>(
      journal, TwoKeys(), state::MakeOptOut({}));
  ASSERT_THAT(answer, IsOk());
  EXPECT_FALSE(answer->live);
  EXPECT_THAT(journal.bodies(), ElementsAre(journal::Record::kAddDataKeys,
                                            journal::Record::kSetOptOut));
}

// ---- On a real store --------------------------------------------------------

// Its keys are stored whatever comes of the record.
TEST(AppendSealedTest, KeysOfARefusedClaimAreNotLost) {
  state::StoreRig rig;
  rig.Create(state::kShop);
  ASSERT_EQ(rig.Claim({.refuse_without_history = true}).kind,
            state::ClaimAnswer::Kind::kNeverWritten);
  const std::int64_t keys = rig.Number("SELECT count(*) FROM data_keys");
  rig.Deliver({{.mid = "m1", .text = "hello"}});
  EXPECT_EQ(rig.Number("SELECT count(*) FROM data_keys"), keys);
  rig.Reopen();
  const auto events = rig.ReadEvents();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(state::MergeEvent(events.front()).message_received().text(),
            "hello");
}

// Two that begin a conversation at once bring a key each, and both can be read.
TEST(AppendSealedTest, KeysOfTwoRecordsAtOnceAreBothStored) {
  state::StoreRig rig;
  rig.Create(state::kShop);
  state::SealedRecord first = state::MakeDelivery(
      rig.sealer(), state::kNowMs, {{.mid = "m1", .text = "one"}});
  state::SealedRecord second = state::MakeDelivery(
      rig.sealer(), state::kNowMs, {{.mid = "m2", .text = "two"}});
  ASSERT_TRUE(rig.AppendOne(std::move(first)).applied());
  ASSERT_TRUE(rig.AppendOne(std::move(second)).applied());
  EXPECT_EQ(rig.Number("SELECT count(*) FROM data_keys"), 2);
  rig.Reopen();
  const auto events = rig.ReadEvents();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(state::MergeEvent(events[0]).message_received().text(), "one");
  EXPECT_EQ(state::MergeEvent(events[1]).message_received().text(), "two");
}

}  // namespace
}  // namespace linktor::journal
