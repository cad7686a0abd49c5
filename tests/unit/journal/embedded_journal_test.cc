#include "server/journal/embedded_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

state::ItemSpec Text(const std::string& mid) {
  return {.mid = mid, .text = "hi"};
}

// ---- Batches ----------------------------------------------------------------

TEST(EmbeddedJournalTest, BatchesWhatWaits) {
  state::StoreRig rig;
  rig.Create(state::kShop);
  const auto endings =
      rig.AppendTogether({state::MakeDelivery(rig.sealer(), state::kNowMs,
                                              {Text("m1"), Text("m2")}),
                          state::MakeClaim(rig.sealer(), {}),
                          state::MakeDelivery(rig.sealer(), state::kNowMs,
                                              {Text("m2"), Text("m3")})});
  for (const Ending& ending : endings) EXPECT_TRUE(ending.applied());
  const auto batches = rig.batches();
  ASSERT_THAT(batches, SizeIs(1));
  ASSERT_THAT(batches.front(), SizeIs(3));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(batches.front()[i].seq, static_cast<std::int64_t>(i) + 1);
  }
}

TEST(EmbeddedJournalTest, BatchEndsAtItsSize) {
  state::StoreRig rig({.max_batch_bytes = 1, .max_batch_time = absl::Hours(1)});
  rig.Create(state::kShop);
  rig.AppendTogether(
      {state::MakeDelivery(rig.sealer(), state::kNowMs, {Text("m1")}),
       state::MakeDelivery(rig.sealer(), state::kNowMs, {Text("m2")})});
  EXPECT_THAT(rig.batches(), SizeIs(2));
}

TEST(EmbeddedJournalTest, BatchEndsAtItsTime) {
  state::StoreRig rig({.max_batch_time = absl::ZeroDuration()});
  rig.Create(state::kShop);
  rig.AppendTogether(
      {state::MakeDelivery(rig.sealer(), state::kNowMs, {Text("m1")}),
       state::MakeDelivery(rig.sealer(), state::kNowMs, {Text("m2")})});
  EXPECT_THAT(rig.batches(), SizeIs(2));
}

// ---- Order ------------------------------------------------------------------

// A journal made by hand, to watch views and callbacks.
class TracedJournal {
 public:
  explicit TracedJournal(
      EmbeddedJournal::Options options = state::StoreRig::PatientOptions())
      : data_(*DataFolder::Open(folder_.path(), state::TestMasterKey())) {
    data_->feed().Add([this](std::span<const AppliedRecord> records) {
      for (const AppliedRecord& one : records) {
        for (const state::CommittedEvent& event : one.effects.events) {
          trace_.push_back(absl::StrCat("event ", event.seq));
        }
      }
    });
    journal_ = *EmbeddedJournal::Create(
        options, *data_, state::kNowMs,
        [this](const absl::Status&) { trace_.emplace_back("failed"); });
    EXPECT_TRUE(
        AppendAndWait(*journal_, state::MakeChannel(state::kShop)).applied());
  }

  // Holds the writer up, with nothing waiting, until Release.
  void Hold() {
    journal_->Append(state::MakeNothing(), [this](const Ending&) {
      holding_.count_down();
      held_.wait();
    });
    holding_.wait();
  }
  void Release() { held_.count_down(); }
  void Append(journal::Record record, std::string name) {
    journal_->Append(std::move(record), [this, name = std::move(name)](
                                            const Ending& ending) {
      trace_.push_back(ending.applied() ? name
                                        : state::ReasonOf(ending.status));
    });
  }
  void Stop() { journal_->Stop(); }

  // A delivery whose keys are stored.
  journal::Record Delivery(const std::string& mid) {
    state::SealedRecord made =
        state::MakeDelivery(data_->sealer(), state::kNowMs, {Text(mid)});
    EXPECT_TRUE(AppendSealedAndWait(*journal_, std::move(made.keys),
                                    state::MakeNothing())
                    .applied());
    return std::move(made.record);
  }
  DataFolder& data() { return *data_; }
  EmbeddedJournal& journal() { return *journal_; }
  // The writer's thread adds to it: read it after Stop.
  std::vector<std::string>& trace() { return trace_; }

 private:
  TempFolder folder_;
  std::latch holding_{1};
  std::latch held_{1};
  std::vector<std::string> trace_;
  std::unique_ptr<DataFolder> data_;
  std::unique_ptr<EmbeddedJournal> journal_;
};

TEST(EmbeddedJournalTest, ViewsComeBeforeCallbacksInOrder) {
  TracedJournal traced;
  journal::Record first = traced.Delivery("m1");
  journal::Record third = traced.Delivery("m2");
  traced.Hold();
  traced.Append(std::move(first), "first");
  traced.Append(state::MakeNothing(), "second");
  traced.Append(std::move(third), "third");
  traced.Release();
  traced.Stop();
  EXPECT_THAT(traced.trace(),
              ElementsAre("event 1", "event 2", "first", "second", "third"));
}

TEST(EmbeddedJournalTest, CallbacksOfOneThreadKeepTheirOrderOverBatches) {
  TracedJournal traced({.max_batch_bytes = 2000});
  for (int i = 0; i < 200; ++i) {
    traced.Append(state::MakeNothing(), absl::StrCat(i));
  }
  traced.Stop();
  ASSERT_THAT(traced.trace(), SizeIs(200));
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(traced.trace()[static_cast<std::size_t>(i)], absl::StrCat(i));
  }
}

TEST(EmbeddedJournalTest, ManyThreadsShareOneSequence) {
  state::StoreRig rig(EmbeddedJournal::Options{});
  rig.Create(state::kShop);
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&rig, t] {
      for (int i = 0; i < 50; ++i) {
        rig.Deliver({Text(absl::StrCat("m", t, "-", i)), Text("same")});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::int64_t expected = 0;
  for (const auto& batch : rig.batches()) {
    for (const auto& event : batch) EXPECT_EQ(event.seq, ++expected);
  }
  EXPECT_EQ(expected, 201);
  EXPECT_EQ(rig.Number("SELECT sum(events + duplicates) FROM deliveries"), 400);
}

// ---- What the journal fills in ----------------------------------------------

TEST(EmbeddedJournalTest, RecordsNameTheirAppenderAndNumber) {
  state::StoreRig rig;
  std::vector<journal::Record> told;
  rig.data().feed().Add([&](std::span<const AppliedRecord> records) {
    for (const AppliedRecord& one : records) {
      EXPECT_TRUE(one.own);
      told.push_back(one.record);
    }
  });
  rig.Create(state::kShop, state::kNowMs + 5);
  rig.AppendTogether({state::MakeNothing(), state::MakeNothing()});
  ASSERT_THAT(told, SizeIs(4));
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].format(), state::kRecordFormat);
    EXPECT_EQ(told[i].instance(), rig.data().appender().instance);
    EXPECT_EQ(told[i].incarnation(), 1);
    EXPECT_EQ(told[i].number(), static_cast<std::int64_t>(i) + 2)
        << "the first was that of its start";
  }
  EXPECT_EQ(told.front().time_ms(), state::kNowMs + 5);
}

TEST(EmbeddedJournalTest, BeginsItsIncarnationBeforeAllElse) {
  const TempFolder folder;
  const auto data = DataFolder::Open(folder.path(), state::TestMasterKey());
  ASSERT_TRUE(data.ok());
  std::vector<journal::Record> told;
  (*data)->feed().Add([&](std::span<const AppliedRecord> records) {
    for (const AppliedRecord& one : records) told.push_back(one.record);
  });
  const auto journal = EmbeddedJournal::Create({}, **data, state::kNowMs,
                                               [](const absl::Status&) {});
  ASSERT_TRUE(journal.ok()) << journal.status();
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_TRUE(told.front().has_instance_started());
  EXPECT_EQ(told.front().number(), 1);
  EXPECT_EQ(told.front().time_ms(), state::kNowMs);
}

// ---- Limits -----------------------------------------------------------------

TEST(EmbeddedJournalTest, TooMuchWaitingIsOverloaded) {
  TracedJournal traced({.max_waiting_bytes = 600});
  std::vector<std::string> refusals;
  traced.Hold();
  traced.Append(state::MakeNothing(), "waits");
  traced.journal().Append(state::MakeNothing(), [&](const Ending& ending) {
    EXPECT_EQ(ending.kind, Ending::Kind::kRefused);
    EXPECT_EQ(ending.status.code(), absl::StatusCode::kResourceExhausted);
    refusals.push_back(state::ReasonOf(ending.status));
  });
  EXPECT_THAT(refusals, ElementsAre("OVERLOADED")) << "answered at once";
  traced.Release();
  traced.Stop();
  EXPECT_THAT(traced.trace(), ElementsAre("waits"));
}

TEST(EmbeddedJournalTest, WhoIsAnsweredFindsRoomForTheNext) {
  state::StoreRig rig({.max_waiting_bytes = 600});
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(rig.AppendOne(state::MakeNothing()).applied());
  }
}

// Meta would deliver it again and again for an hour, then give up on the app.
TEST(EmbeddedJournalTest, RecordAboveTheLimitIsTakenWhenNothingWaits) {
  state::StoreRig rig({.max_waiting_bytes = 1000});
  const std::vector<state::ItemSpec> many(100,
                                          {.kind = state::TestItem::kIgnored});
  const auto answer = rig.Append<state::DeliveryAnswer>(
      state::MakeDelivery(rig.sealer(), state::kNowMs, many));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->ignored, 100);
}

// ---- The end ----------------------------------------------------------------

TEST(EmbeddedJournalTest, WaitingIsAppliedAndNewIsRefusedAtTheEnd) {
  TracedJournal traced;
  journal::Record last = traced.Delivery("m1");
  traced.Hold();
  traced.journal().Append(state::MakeNothing(), [&](const Ending& ending) {
    EXPECT_TRUE(ending.applied()) << "accepted before the end";
    // Once Stop has begun, and not before, this is refused.
    auto refused = std::make_shared<bool>(false);
    while (!*refused) {
      traced.journal().Append(
          state::MakeNothing(), [refused](const Ending& late) {
            *refused = state::ReasonOf(late.status) == "DRAINING";
          });
    }
    traced.trace().emplace_back("refused");
  });
  traced.Append(std::move(last), "last");
  std::thread stopper([&] { traced.Stop(); });
  traced.Release();
  stopper.join();
  EXPECT_THAT(traced.trace(), testing::Contains("last"));
  EXPECT_THAT(traced.trace(), testing::Contains("refused"));
}

// Keys of what will not be stored do no harm, and the record is refused.
TEST(EmbeddedJournalTest, SealedRecordAfterTheEndIsRefused) {
  state::StoreRig rig;
  rig.Create(state::kShop);
  state::SealedRecord late =
      state::MakeDelivery(rig.sealer(), state::kNowMs, {Text("m1")});
  rig.journal().Stop();
  const Ending ending = rig.AppendOne(std::move(late));
  EXPECT_EQ(ending.kind, Ending::Kind::kRefused);
  EXPECT_EQ(state::ReasonOf(ending.status), "DRAINING");
}

// ---- Refused by the tables --------------------------------------------------

TEST(EmbeddedJournalTest, UnknownMessagesOutcomeIsInternal) {
  state::StoreRig rig;
  rig.Create(state::kShop);
  const state::MessageRow nobody{.id = NewRawId(),
                                 .channel_no = state::kShop.no,
                                 .channel_id = state::kShop.id,
                                 .user_id = "501",
                                 .attempt = 1};
  const Ending ending =
      rig.AppendOne(state::MakeOutcome(rig.sealer(), nobody, {}));
  EXPECT_EQ(ending.kind, Ending::Kind::kRefused);
  EXPECT_EQ(ending.status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(state::ReasonOf(ending.status), "INTERNAL_FAULT");
  EXPECT_THAT(rig.ReadEvents(), SizeIs(0));
}

// ---- Over a restart ---------------------------------------------------------

// Times are those of the records, and may go back.
TEST(EmbeddedJournalTest, StateIsKeptOverRestart) {
  state::StoreRig rig;
  rig.Create(state::kShop);
  rig.Deliver({Text("m1"), Text("m2")}, state::kNowMs + 5);
  rig.Deliver({Text("m3")}, state::kNowMs - state::kDayMs);
  rig.Reopen();
  EXPECT_EQ(rig.Number("SELECT last_seq FROM log_state"), 3);
  rig.Deliver({Text("m4")}, state::kNowMs + 1);
  EXPECT_EQ(rig.ReadEvents().back().seq, 4);
  EXPECT_THAT(rig.Rows("SELECT receive_ms FROM events WHERE seq >= 3"),
              ElementsAre(std::to_string(state::kNowMs - state::kDayMs),
                          std::to_string(state::kNowMs + 1)));
}

}  // namespace
}  // namespace linktor::journal
