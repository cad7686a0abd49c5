// The sender with a real store, a fake clock, and Instagram as a fake.

#include "server/messaging/sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "server/channels/channel_admin.h"
#include "server/store/sqlite_journal.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor {
namespace {

// Keeps what was sent until the test answers it.
class FakeGraph final : public GraphClient {
 public:
  struct Sent {
    std::string to;
    std::string text;
    v1::MessageTag tag;
    absl::AnyInvocable<void(GraphSendResult)> done;
  };

  void Send(const GraphAccount&, std::string_view to,
            const v1::MessageContent& content, v1::MessageTag tag,
            absl::AnyInvocable<void(GraphSendResult)> done) override {
    MutexLock lock(mutex_);
    sent_.push_back({std::string(to), content.text(), tag, std::move(done)});
    ++count_;
    arrived_.SignalAll();
  }
  void SetIceBreakers(const GraphAccount&, const v1::SetIceBreakersRequest&,
                      Done done) override {
    done(absl::OkStatus());
  }
  void GetIceBreakers(
      const GraphAccount&,
      absl::AnyInvocable<void(absl::StatusOr<v1::GetIceBreakersResponse>)> done)
      override {
    done(v1::GetIceBreakersResponse());
  }
  void DeleteIceBreakers(const GraphAccount&, Done done) override {
    done(absl::OkStatus());
  }
  void GetUserProfile(
      const GraphAccount&, std::string_view,
      absl::AnyInvocable<void(absl::StatusOr<std::string>)> done) override {
    done("");
  }

  // The oldest unanswered call; waits for one.
  Sent Next() {
    MutexLock lock(mutex_);
    while (sent_.empty()) arrived_.Wait(mutex_);
    Sent first = std::move(sent_.front());
    sent_.pop_front();
    return first;
  }
  int count() {
    MutexLock lock(mutex_);
    return count_;
  }

 private:
  Mutex mutex_;
  CondVar arrived_;
  std::deque<Sent> sent_ ABSL_GUARDED_BY(mutex_);
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Passes records on, or keeps them until they may go.
class HeldJournal final : public Journal {
 public:
  explicit HeldJournal(std::unique_ptr<SqliteJournal>& journal)
      : journal_(journal) {}

  void Append(Record record, Callback done) override {
    {
      MutexLock lock(mutex_);
      if (held_) {
        kept_.emplace_back(std::move(record), std::move(done));
        return;
      }
    }
    journal_->Append(std::move(record), std::move(done));
  }
  void Hold() {
    MutexLock lock(mutex_);
    held_ = true;
  }
  void Release() {
    std::vector<std::pair<Record, Callback>> kept;
    {
      MutexLock lock(mutex_);
      held_ = false;
      kept.swap(kept_);
    }
    for (auto& [record, done] : kept) {
      journal_->Append(std::move(record), std::move(done));
    }
  }

 private:
  std::unique_ptr<SqliteJournal>& journal_;
  Mutex mutex_;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::pair<Record, Callback>> kept_ ABSL_GUARDED_BY(mutex_);
};

class SenderTest : public ::testing::Test {
 public:
  ~SenderTest() override {
    sender_->Stop();
    journal_->Stop();
    executor_.reset();
  }

 protected:
  using Result = absl::StatusOr<v1::SendMessageResponse>;

  SenderTest() {
    store_ = *Store::Open(folder_.path(), Secret(std::string(32, 'k')));
    journal_ = *SqliteJournal::Create(
        {}, store_->TakeWriter(), store_->sealer(),
        [](const std::vector<CommittedEvent>&) {}, [](const absl::Status&) {});
    registry_ = std::make_unique<ChannelRegistry>(store_->sealer());
    ChannelAdmin admin(clock_, *journal_, store_->sealer(), *registry_);
    v1::CreateChannelRequest request;
    request.mutable_channel()->set_id("ch_1");
    request.mutable_channel()->set_instagram_account_id("17841400000000001");
    request.mutable_channel()->set_page_id("100");
    request.mutable_credentials()->set_access_token("token");
    EXPECT_THAT(admin.Create(request), IsOk());
    reader_ = std::make_unique<MessageReader>(*store_, *registry_);
    StartSender();
  }

  void StartSender(int quota = 0) {
    executor_ = std::make_unique<Executor>(2, 100);
    sender_ = std::make_unique<Sender>(
        Sender::Dependencies{clock_, *store_, held_journal_, *registry_, graph_,
                             *reader_, *executor_, quota});
  }

  std::future<Result> Begin(
      const std::string& text, const std::string& id,
      const std::string& to = "777",
      std::chrono::milliseconds time = std::chrono::seconds(20),
      v1::MessageTag tag = v1::MESSAGE_TAG_UNSPECIFIED) {
    v1::SendMessageRequest request;
    request.set_tag(tag);
    request.set_channel_id("ch_1");
    request.set_to(to);
    request.mutable_content()->set_text(text);
    request.set_request_id(id);
    auto promise = std::make_shared<std::promise<Result>>();
    sender_->Send(
        request,
        {.deadline = std::chrono::system_clock::now() + time,
         .api_key_id = "0123456789abcdef"},
        [promise](const Result& result) { promise->set_value(result); });
    return promise->get_future();
  }

  static GraphSendResult Failed(absl::StatusCode code, v1::ErrorReason reason) {
    return {"", {MakeError(code, reason, "no"), false}};
  }

  TempFolder folder_;
  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  std::unique_ptr<Store> store_;
  std::unique_ptr<SqliteJournal> journal_;
  HeldJournal held_journal_{journal_};
  std::unique_ptr<ChannelRegistry> registry_;
  std::unique_ptr<MessageReader> reader_;
  FakeGraph graph_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Sender> sender_;
};

TEST_F(SenderTest, NextToTheSameUserWaitsForTheFirst) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto second = Begin("two", "r2");
  auto other = Begin("other", "r3", "888");
  FakeGraph::Sent three = graph_.Next();
  EXPECT_EQ(three.to, "888");
  EXPECT_EQ(graph_.count(), 2);
  one.done({"mid.1", {}});
  FakeGraph::Sent two = graph_.Next();
  EXPECT_EQ(two.text, "two");
  two.done({"mid.2", {}});
  three.done({"mid.3", {}});
  EXPECT_THAT(first.get(), IsOk());
  EXPECT_THAT(second.get(), IsOk());
  EXPECT_THAT(other.get(), IsOk());
}

TEST_F(SenderTest, AFailureLetsTheNextOneThrough) {
  auto first = Begin("one", "r1");
  auto second = Begin("two", "r2");
  graph_.Next().done(Failed(absl::StatusCode::kUnavailable,
                            v1::ERROR_REASON_GRAPH_UNAVAILABLE));
  EXPECT_THAT(first.get(), HasReason("GRAPH_UNAVAILABLE"));
  graph_.Next().done({"mid.2", {}});
  EXPECT_THAT(second.get(), IsOk());
}

TEST_F(SenderTest, WaitingCallerIsToldAtItsDeadline) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto waiting = Begin("one", "r1", "777", std::chrono::milliseconds(700));
  const Result told = waiting.get();
  EXPECT_THAT(told, HasReason("REQUEST_IN_FLIGHT"));
  EXPECT_THAT(told, HasMetadata("request_id", "r1"));
  one.done({"mid.1", {}});
  EXPECT_THAT(first.get(), IsOk());
  EXPECT_EQ(graph_.count(), 1);
}

TEST_F(SenderTest, WaitingCallerGetsTheFailureOfTheFirst) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto waiting = Begin("one", "r1");
  // Claims are in order: when this one is at Instagram the other one waits.
  auto marker = Begin("marker", "r2", "888");
  graph_.Next().done({"mid.m", {}});
  EXPECT_THAT(marker.get(), IsOk());
  one.done(Failed(absl::StatusCode::kFailedPrecondition,
                  v1::ERROR_REASON_RECIPIENT_UNAVAILABLE));
  EXPECT_THAT(first.get(), HasReason("RECIPIENT_UNAVAILABLE"));
  EXPECT_THAT(waiting.get(), HasReason("RECIPIENT_UNAVAILABLE"));
}

TEST_F(SenderTest, DrainGivesUpWhatWaitsInALane) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto second = Begin("two", "r2");
  auto marker = Begin("marker", "r3", "888");
  graph_.Next().done({"mid.m", {}});
  EXPECT_THAT(marker.get(), IsOk());
  sender_->Drain(std::chrono::milliseconds(0));
  EXPECT_THAT(second.get(), HasReason("DRAINING"));
  EXPECT_THAT(Begin("three", "r4").get(), HasReason("DRAINING"));
  one.done({"mid.1", {}});
  EXPECT_THAT(first.get(), IsOk());
  EXPECT_EQ(graph_.count(), 2);
}

// A claim that becomes durable only when the server is draining must not start
// behind the one before it: its caller is told that nothing was sent.
TEST_F(SenderTest, ClaimDuringADrainIsNeverStarted) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  held_journal_.Hold();
  auto late = Begin("two", "r2");
  sender_->Drain(std::chrono::milliseconds(0));
  // The one before it ends first: that must not start the late one.
  held_journal_.Release();
  one.done({"mid.1", {}});
  EXPECT_THAT(late.get(), HasReason("DRAINING"));
  EXPECT_THAT(first.get(), IsOk());
  sender_->Drain(std::chrono::seconds(5));
  EXPECT_EQ(graph_.count(), 1);
}

TEST_F(SenderTest, DrainAnswersWhoeverWaits) {
  auto first = Begin("one", "r1");
  FakeGraph::Sent one = graph_.Next();
  auto waiting = Begin("one", "r1");
  auto marker = Begin("marker", "r2", "888");
  graph_.Next().done({"mid.m", {}});
  EXPECT_THAT(marker.get(), IsOk());
  sender_->Drain(std::chrono::milliseconds(0));
  EXPECT_THAT(waiting.get(), HasReason("REQUEST_IN_FLIGHT"));
  one.done({"mid.1", {}});
  EXPECT_THAT(first.get(), IsOk());
}

TEST_F(SenderTest, AbandonedSendsBecomeUnconfirmed) {
  auto first = Begin("one", "r1");
  (void)graph_.Next();  // and no answer ever comes
  sender_->Stop();
  StartSender();
  ASSERT_THAT(sender_->SettleAbandoned(), IsOk());
  EXPECT_THAT(Begin("one", "r1").get(), HasReason("SEND_OUTCOME_UNKNOWN"));
  EXPECT_EQ(graph_.count(), 1);
}

TEST_F(SenderTest, TagGoesToInstagramAsGivenAndNoOtherDoes) {
  auto plain = Begin("one", "r1", "777");
  FakeGraph::Sent one = graph_.Next();
  EXPECT_EQ(one.tag, v1::MESSAGE_TAG_UNSPECIFIED);
  one.done({"mid.1", {}});
  EXPECT_THAT(plain.get(), IsOk());
  auto tagged = Begin("two", "r2", "777", std::chrono::seconds(20),
                      v1::MESSAGE_TAG_HUMAN_AGENT);
  FakeGraph::Sent two = graph_.Next();
  EXPECT_EQ(two.tag, v1::MESSAGE_TAG_HUMAN_AGENT);
  two.done({"mid.2", {}});
  EXPECT_THAT(tagged.get(), IsOk());
}

TEST_F(SenderTest, OtherTagIsAnotherRequest) {
  auto plain = Begin("one", "r1");
  graph_.Next().done({"mid.1", {}});
  EXPECT_THAT(plain.get(), IsOk());
  EXPECT_THAT(Begin("one", "r1", "777", std::chrono::seconds(20),
                    v1::MESSAGE_TAG_HUMAN_AGENT)
                  .get(),
              HasReason("REQUEST_ID_REUSED"));
}

TEST_F(SenderTest, BeyondTheQuotaInstagramIsNotCalled) {
  sender_->Stop();
  StartSender(/*quota=*/1);
  auto first = Begin("one", "r1");
  graph_.Next().done({"mid.1", {}});
  EXPECT_THAT(first.get(), IsOk());
  EXPECT_THAT(Begin("two", "r2").get(), HasReason("RATE_LIMITED"));
  EXPECT_EQ(graph_.count(), 1);
  clock_.Advance(absl::Hours(1));
  auto later = Begin("two", "r2");
  graph_.Next().done({"mid.2", {}});
  EXPECT_THAT(later.get(), IsOk());
}

TEST_F(SenderTest, OptedOutCustomerIsNotCalled) {
  const OptOutRecord out{.time_ms = absl::ToUnixMillis(clock_.Now()),
                         .channel_no = registry_->Find("ch_1")->no,
                         .user_id = "777",
                         .opted_out = true};
  ASSERT_THAT(AppendAs<ConversationOutcome>(*journal_, out), IsOk());
  EXPECT_THAT(Begin("one", "r1").get(), HasReason("RECIPIENT_OPTED_OUT"));
  EXPECT_EQ(graph_.count(), 0);
}

TEST_F(SenderTest, ChannelWithoutATokenIsRefused) {
  ChannelAdmin admin(clock_, *journal_, store_->sealer(), *registry_);
  v1::SetChannelCredentialsRequest request;
  request.set_channel_id("ch_1");
  request.set_access_token("");
  ASSERT_THAT(admin.SetCredentials(request), IsOk());
  EXPECT_THAT(Begin("one", "r1").get(), HasReason("CREDENTIALS_MISSING"));
}

}  // namespace
}  // namespace linktor
