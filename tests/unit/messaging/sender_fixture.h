// A sender with a real data folder, Instagram as a fake, and a journal that may
// be in trouble.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "server/messaging/sender.h"
#include "server/messaging/settler.h"
#include "tests/fakes/fake_graph.h"
#include "tests/unit/messaging/messaging_fixture.h"

namespace linktor::messaging {

class SenderFixture : public MessagingFixture {
 public:
  SenderFixture() { Start(); }
  ~SenderFixture() override { Stop(); }

 protected:
  using Result = absl::StatusOr<v1::SendMessageResponse>;

  void Start() {
    executor_ = std::make_unique<Executor>(2, 100);
    sender_ = std::make_unique<Sender>(
        Sender::Dependencies{.clock = clock_,
                             .appender = folder_->appender(),
                             .state = state(),
                             .sealer = sealer(),
                             .journal = gated_journal_,
                             .registry = *registry_,
                             .graph = graph_,
                             .executor = *executor_});
    settler_ = std::make_unique<Settler>(
        Settler::Dependencies{.clock = clock_,
                              .appender = folder_->appender(),
                              .sealer = sealer(),
                              .journal = gated_journal_,
                              .registry = *registry_,
                              .reader = *reader_});
    folder_->feed().Add([this](auto records) { sender_->OnCommit(records); });
    const auto pending = state().PendingMessages();
    ASSERT_THAT(pending, IsOk());
    sender_->Load(*pending);
    ASSERT_THAT(settler_->SettleAbandoned(*pending), IsOk());
  }
  void Stop() {
    sender_->Stop();
    CloseJournal();
    executor_.reset();
    sender_.reset();
    settler_.reset();
  }
  // As after a crash: what is at Instagram is never answered.
  void Restart() {
    Stop();
    Close();
    Open();
    Start();
  }

  static v1::SendMessageRequest Text(const std::string& text,
                                     const std::string& id,
                                     const std::string& to = "777") {
    v1::SendMessageRequest request;
    request.set_channel_id("ch_1");
    request.set_to(to);
    request.mutable_content()->set_text(text);
    request.set_request_id(id);
    return request;
  }
  std::future<Result> Begin(
      v1::SendMessageRequest request,
      std::chrono::milliseconds time = std::chrono::minutes(1)) {
    auto promise = std::make_shared<std::promise<Result>>();
    sender_->Send(
        std::move(request),
        {.deadline = std::chrono::system_clock::now() + time,
         .api_key_id = "0123456789abcdef"},
        [promise](const Result& result) { promise->set_value(result); });
    return promise->get_future();
  }
  std::future<Result> Begin(const std::string& text, const std::string& id,
                            const std::string& to = "777") {
    return Begin(Text(text, id, to));
  }
  // Sends and has Instagram answer so.
  Result SendTo(v1::SendMessageRequest request, graph::GraphSendResult answer) {
    auto sent = Begin(std::move(request));
    graph_.Next().done(std::move(answer));
    return sent.get();
  }
  // What was appended before is applied when this returns: claims are in order.
  void PassMarker() {
    const std::string id = FormatId(kRequestPrefix, NewRawId());
    EXPECT_THAT(
        SendTo(Text("marker", id, "9999"), FakeGraph::Took("mid." + id)),
        IsOk());
  }
  v1::MessageState StateOf(const std::string& request_id) {
    const auto message = Message(request_id);
    EXPECT_THAT(message, IsOk());
    return message.ok() ? message->state() : v1::MESSAGE_STATE_UNSPECIFIED;
  }

  FakeGraph graph_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Sender> sender_;
  std::unique_ptr<Settler> settler_;
};

}  // namespace linktor::messaging
