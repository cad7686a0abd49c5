// Two servers with a state each, fed by one log: each follows what the other
// does.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "server/channels/channel_admin.h"
#include "server/messaging/sender.h"
#include "server/messaging/settler.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_graph.h"
#include "tests/fakes/memory_journal.h"
#include "tests/support/status_matchers.h"

namespace linktor::messaging {
namespace {

using Result = absl::StatusOr<v1::SendMessageResponse>;

class Server {
 public:
  Server(SharedLog& log, const Clock& clock)
      : instance_(log, {}), clock_(clock) {
    Start();
  }
  ~Server() { Stop(); }

  // Starts the process again as after a crash.
  void Restart() {
    Stop();
    Start();
  }
  // Applies what others have appended.
  void Follow() { instance_.journal().Pump(); }

  journal::DataFolder& folder() { return instance_.folder(); }
  MemoryJournal& journal() { return instance_.journal(); }
  channels::ChannelRegistry& registry() { return *registry_; }
  FakeGraph& graph() { return graph_; }

  void CreateChannel() {
    v1::CreateChannelRequest request;
    request.mutable_channel()->set_id("ch_1");
    request.mutable_channel()->set_instagram_account_id("17841400000000001");
    request.mutable_channel()->set_page_id("100");
    request.mutable_credentials()->set_access_token("token");
    channels::ChannelAdmin admin(clock_, journal(), folder().sealer(),
                                 *registry_);
    EXPECT_THAT(admin.Create(request), IsOk());
  }
  std::future<Result> Send(const std::string& text, const std::string& id) {
    v1::SendMessageRequest request;
    request.set_channel_id("ch_1");
    request.set_to("777");
    request.mutable_content()->set_text(text);
    request.set_request_id(id);
    auto promise = std::make_shared<std::promise<Result>>();
    sender_->Send(
        request,
        {.deadline = std::chrono::system_clock::now() + std::chrono::minutes(1),
         .api_key_id = ""},
        [promise](const Result& result) { promise->set_value(result); });
    return promise->get_future();
  }
  v1::MessageState StateOf(const std::string& id) {
    const auto row =
        folder().state().MessageByRequest(registry_->Find("ch_1")->no, id);
    EXPECT_THAT(row, IsOk());
    return row.ok() && row->has_value() ? (*row)->state
                                        : v1::MESSAGE_STATE_UNSPECIFIED;
  }

 private:
  void Start() {
    ASSERT_THAT(instance_.Open(), IsOk());
    journal::DataFolder& folder = instance_.folder();
    registry_ = std::make_unique<channels::ChannelRegistry>(folder.sealer());
    EXPECT_THAT(registry_->Load(*folder.state().LiveChannels()), IsOk());
    folder.feed().Add([this](auto records) { registry_->OnCommit(records); });
    reader_ = std::make_unique<MessageReader>(folder.state(), folder.events(),
                                              folder.sealer(), *registry_);
    executor_ = std::make_unique<Executor>(2, 100);
    sender_ = std::make_unique<Sender>(
        Sender::Dependencies{.clock = clock_,
                             .appender = folder.appender(),
                             .state = folder.state(),
                             .sealer = folder.sealer(),
                             .journal = instance_.journal(),
                             .registry = *registry_,
                             .graph = graph_,
                             .executor = *executor_});
    folder.feed().Add([this](auto records) { sender_->OnCommit(records); });
    const auto pending = folder.state().PendingMessages();
    sender_->Load(*pending);
    Settler settler({.clock = clock_,
                     .appender = folder.appender(),
                     .sealer = folder.sealer(),
                     .journal = instance_.journal(),
                     .registry = *registry_,
                     .reader = *reader_});
    EXPECT_THAT(settler.SettleAbandoned(*pending), IsOk());
  }
  void Stop() {
    sender_->Stop();
    instance_.journal().Stop();
    executor_.reset();
    instance_.Close();
    sender_.reset();
    reader_.reset();
    registry_.reset();
  }

  MemoryInstance instance_;
  const Clock& clock_;
  FakeGraph graph_;
  std::unique_ptr<channels::ChannelRegistry> registry_;
  std::unique_ptr<MessageReader> reader_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Sender> sender_;
};

class TwoInstancesTest : public ::testing::Test {
 protected:
  TwoInstancesTest() {
    a_.CreateChannel();
    b_.Follow();
  }

  SharedLog log_;
  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  Server a_{log_, clock_};
  Server b_{log_, clock_};
};

TEST_F(TwoInstancesTest, AClaimMakesOneGraphCallWhereItWasMade) {
  auto sent = a_.Send("one", "r1");
  FakeGraph::Sent one = a_.graph().Next();
  b_.Follow();
  EXPECT_EQ(b_.StateOf("r1"), v1::MESSAGE_STATE_PENDING);
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_THAT(sent.get(), IsOk());
  b_.Follow();
  EXPECT_EQ(b_.StateOf("r1"), v1::MESSAGE_STATE_SENT);
  EXPECT_EQ(a_.graph().count(), 1);
  EXPECT_EQ(b_.graph().count(), 0);
}

TEST_F(TwoInstancesTest, SendsToOneUserLeaveInTheOrderOfTheLog) {
  auto first = a_.Send("one", "r1");
  FakeGraph::Sent one = a_.graph().Next();
  auto second = b_.Send("two", "r2");
  a_.Follow();
  EXPECT_EQ(a_.StateOf("r2"), v1::MESSAGE_STATE_PENDING);
  EXPECT_EQ(b_.graph().count(), 0);
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_THAT(first.get(), IsOk());
  b_.Follow();
  b_.graph().Next().done(FakeGraph::Took("mid.2"));
  EXPECT_THAT(second.get(), IsOk());
  EXPECT_EQ(a_.graph().count(), 1);
}

TEST_F(TwoInstancesTest, CallerWhoWaitsForTheOthersSendIsToldItsEnd) {
  auto first = a_.Send("one", "r1");
  FakeGraph::Sent one = a_.graph().Next();
  b_.Follow();
  auto waiting = b_.Send("one", "r1");
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_THAT(first.get(), IsOk());
  b_.Follow();
  const Result told = waiting.get();
  ASSERT_THAT(told, IsOk());
  EXPECT_TRUE(told->replayed());
  EXPECT_EQ(told->message().mid(), "mid.1");
  EXPECT_EQ(told->message().text(), "one");
  EXPECT_EQ(b_.graph().count(), 0);
}

// The journal of the waiting caller's instance applies both at once.
TEST_F(TwoInstancesTest, EndThatIsAppliedWithTheQuestionIsTold) {
  auto first = a_.Send("one", "r1");
  FakeGraph::Sent one = a_.graph().Next();
  b_.Follow();
  b_.journal().SetStepped(true);
  auto waiting = b_.Send("one", "r1");
  one.done(FakeGraph::Refused(absl::StatusCode::kNotFound,
                              v1::ERROR_REASON_RECIPIENT_NOT_FOUND));
  EXPECT_THAT(first.get(), HasReason("RECIPIENT_NOT_FOUND"));
  b_.Follow();
  const Result told = waiting.get();
  EXPECT_THAT(told, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(told, HasReason("RECIPIENT_NOT_FOUND"));
}

TEST_F(TwoInstancesTest, RestartSettlesOnlyItsOwnClaims) {
  auto first = a_.Send("one", "r1");
  FakeGraph::Sent one = a_.graph().Next();
  (void)b_.Send("two", "r2");
  a_.Follow();
  b_.Restart();
  EXPECT_EQ(b_.StateOf("r1"), v1::MESSAGE_STATE_PENDING);
  EXPECT_EQ(b_.StateOf("r2"), v1::MESSAGE_STATE_UNCONFIRMED);
  auto third = b_.Send("three", "r3");
  EXPECT_EQ(b_.graph().count(), 0);
  one.done(FakeGraph::Took("mid.1"));
  EXPECT_THAT(first.get(), IsOk());
  b_.Follow();
  FakeGraph::Sent three = b_.graph().Next();
  EXPECT_EQ(three.content.text(), "three");
  three.done(FakeGraph::Took("mid.3"));
  EXPECT_THAT(third.get(), IsOk());
}

}  // namespace
}  // namespace linktor::messaging
