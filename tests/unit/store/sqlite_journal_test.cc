#include "server/store/sqlite_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

ItemSpec Text(const std::string& mid) { return {.mid = mid, .text = "hi"}; }

TEST(SqliteJournalTest, BatchesWhatWaits) {
  StoreRig rig;
  rig.Create(kShop);
  const auto outcomes = rig.AppendTogether(
      {MakeDelivery(rig.sealer(), kNowMs, {Text("m1"), Text("m2")}),
       MakeClaim(rig.sealer(), {}),
       MakeDelivery(rig.sealer(), kNowMs, {Text("m2"), Text("m3")})});
  for (const auto& outcome : outcomes) EXPECT_TRUE(outcome.ok());
  const auto batches = rig.batches();
  ASSERT_THAT(batches, SizeIs(1));
  ASSERT_THAT(batches.front(), SizeIs(3));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(batches.front()[i].seq, static_cast<std::int64_t>(i) + 1);
  }
}

TEST(SqliteJournalTest, BatchEndsAtItsSize) {
  StoreRig rig({.max_batch_bytes = 1, .max_batch_time = absl::Hours(1)});
  rig.Create(kShop);
  rig.AppendTogether({MakeDelivery(rig.sealer(), kNowMs, {Text("m1")}),
                      MakeDelivery(rig.sealer(), kNowMs, {Text("m2")})});
  EXPECT_THAT(rig.batches(), SizeIs(2));
}

TEST(SqliteJournalTest, BatchEndsAtItsTime) {
  StoreRig rig({.max_batch_time = absl::ZeroDuration()});
  rig.Create(kShop);
  rig.AppendTogether({MakeDelivery(rig.sealer(), kNowMs, {Text("m1")}),
                      MakeDelivery(rig.sealer(), kNowMs, {Text("m2")})});
  EXPECT_THAT(rig.batches(), SizeIs(2));
}

// The state of a journal made by hand, to watch sink and callbacks.
class TracedJournal {
 public:
  explicit TracedJournal(
      SqliteJournal::Options options = StoreRig::PatientOptions()) {
    store_ = *Store::Open(folder_.path(), TestMasterKey());
    journal_ = *SqliteJournal::Create(
        options, store_->TakeWriter(), store_->sealer(),
        [this](const std::vector<CommittedEvent>& events) {
          for (const auto& event : events) {
            trace_.push_back(absl::StrCat("event ", event.seq));
          }
        },
        [this](const absl::Status&) { trace_.emplace_back("failed"); });
    EXPECT_TRUE(AppendAndWait(*journal_, MakeChannel(kShop)).ok());
  }

  // Holds the writer up, with nothing waiting, until Release.
  void Hold() {
    journal_->Append(MakeTrim(), [this](const auto&) {
      holding_.count_down();
      held_.wait();
    });
    holding_.wait();
  }
  void Release() { held_.count_down(); }
  void Append(Record record, std::string name) {
    journal_->Append(
        std::move(record), [this, name = std::move(name)](const auto& outcome) {
          trace_.push_back(outcome.ok() ? name : ReasonOf(outcome.status()));
        });
  }
  void Stop() { journal_->Stop(); }

  Sealer& sealer() { return store_->sealer(); }
  SqliteJournal& journal() { return *journal_; }
  // Of the writer's thread: read after Stop.
  std::vector<std::string>& trace() { return trace_; }

 private:
  TempFolder folder_;
  std::latch holding_{1};
  std::latch held_{1};
  std::vector<std::string> trace_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<SqliteJournal> journal_;
};

TEST(SqliteJournalTest, SinkComesBeforeCallbacksInOrder) {
  TracedJournal traced;
  traced.Hold();
  traced.Append(MakeDelivery(traced.sealer(), kNowMs, {Text("m1")}), "first");
  traced.Append(MakeTrim(), "second");
  traced.Append(MakeDelivery(traced.sealer(), kNowMs, {Text("m2")}), "third");
  traced.Release();
  traced.Stop();
  EXPECT_THAT(traced.trace(),
              ElementsAre("event 1", "event 2", "first", "second", "third"));
}

TEST(SqliteJournalTest, CallbacksOfOneThreadKeepTheirOrderOverBatches) {
  TracedJournal traced({.max_batch_bytes = 2000});
  for (int i = 0; i < 200; ++i) {
    traced.Append(MakeTrim(), absl::StrCat(i));
  }
  traced.Stop();
  ASSERT_THAT(traced.trace(), SizeIs(200));
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(traced.trace()[static_cast<std::size_t>(i)], absl::StrCat(i));
  }
}

TEST(SqliteJournalTest, TooMuchWaitingIsOverloaded) {
  TracedJournal traced({.max_waiting_bytes = 600});
  std::vector<std::string> refusals;
  traced.Hold();
  traced.Append(MakeTrim(), "waits");
  traced.journal().Append(MakeTrim(), [&](const auto& outcome) {
    EXPECT_EQ(outcome.status().code(), absl::StatusCode::kResourceExhausted);
    refusals.push_back(ReasonOf(outcome.status()));
  });
  EXPECT_THAT(refusals, ElementsAre("OVERLOADED")) << "answered at once";
  traced.Release();
  traced.Stop();
  EXPECT_THAT(traced.trace(), ElementsAre("waits"));
}

TEST(SqliteJournalTest, WhoIsAnsweredFindsRoomForTheNext) {
  StoreRig rig({.max_waiting_bytes = 600});
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(rig.Append<TrimOutcome>(MakeTrim()).ok());
  }
}

// Meta would deliver it again and again for an hour, then give up on the app.
TEST(SqliteJournalTest, RecordAboveTheLimitIsTakenWhenNothingWaits) {
  StoreRig rig({.max_waiting_bytes = 1000});
  const std::vector<ItemSpec> many(100, {.kind = TestItem::kIgnored});
  const auto outcome =
      rig.Append<WebhookOutcome>(MakeDelivery(rig.sealer(), kNowMs, many));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->ignored, 100);
}

TEST(SqliteJournalTest, WaitingIsAppliedAndNewIsRefusedAtTheEnd) {
  TracedJournal traced;
  traced.Hold();
  traced.journal().Append(MakeTrim(), [&](const auto& outcome) {
    EXPECT_TRUE(outcome.ok()) << "accepted before the end";
    // Once Stop has begun, and not before, this is refused.
    auto refused = std::make_shared<bool>(false);
    while (!*refused) {
      traced.journal().Append(MakeTrim(), [refused](const auto& late) {
        *refused = ReasonOf(late.status()) == "DRAINING";
      });
    }
    traced.trace().emplace_back("refused");
  });
  traced.Append(MakeDelivery(traced.sealer(), kNowMs, {Text("m1")}), "last");
  std::thread stopper([&] { traced.Stop(); });
  traced.Release();
  stopper.join();
  EXPECT_THAT(traced.trace(), testing::Contains("last"));
  EXPECT_THAT(traced.trace(), testing::Contains("refused"));
}

TEST(SqliteJournalTest, UnknownMessagesOutcomeIsInternal) {
  StoreRig rig;
  rig.Create(kShop);
  const MessageRow nobody{.id = NewRawId(),
                          .channel_no = kShop.no,
                          .channel_id = kShop.id,
                          .user_id = "501",
                          .attempt = 1};
  const auto outcome =
      rig.Append<MessageOutcome>(MakeOutcome(rig.sealer(), nobody, {}));
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ReasonOf(outcome.status()), "INTERNAL_FAULT");
  EXPECT_THAT(rig.ReadEvents(), SizeIs(0));
}

TEST(SqliteJournalTest, StateIsKeptOverRestart) {
  StoreRig rig;
  rig.Create(kShop);
  rig.Deliver({Text("m1"), Text("m2")}, kNowMs + 5);
  // Log time never goes back.
  rig.Deliver({Text("m3")}, kNowMs - kDayMs);
  rig.Reopen();
  EXPECT_EQ(rig.Number("SELECT last_seq FROM log_state"), 3);
  EXPECT_EQ(rig.Number("SELECT log_ms FROM log_state"), kNowMs + 5);
  rig.Deliver({Text("m4")});
  EXPECT_EQ(rig.ReadEvents().back().seq, 4);
  EXPECT_EQ(rig.Rows("SELECT log_ms FROM events WHERE seq >= 3"),
            std::vector<std::string>(2, std::to_string(kNowMs + 5)));
}

TEST(SqliteJournalTest, ManyThreadsShareOneSequence) {
  StoreRig rig(SqliteJournal::Options{});
  rig.Create(kShop);
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

}  // namespace
}  // namespace linktor
