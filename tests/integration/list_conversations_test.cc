// These tests call ListConversations and GetConversation over real sockets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/gateway.h"
#include "tests/support/proto_matchers.h"

namespace linktor::testing {
namespace {

using ::testing::ElementsAre;

class ListConversationsTest : public ::testing::Test {
 protected:
  ListConversationsTest() { gateway_.CreateChannel(); }

  static v1::ListConversationsRequest Ask(int page_size = 0) {
    v1::ListConversationsRequest request;
    request.set_channel_id(kChannel);
    request.set_page_size(page_size);
    return request;
  }

  v1::ListConversationsResponse Page(
      const v1::ListConversationsRequest& request) {
    grpc::ClientContext context;
    v1::ListConversationsResponse page;
    const grpc::Status status =
        gateway_.messaging().ListConversations(&context, request, &page);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return page;
  }

  std::vector<std::string> Users(v1::ListConversationsRequest request) {
    std::vector<std::string> users;
    for (int pages = 0; pages < 100; ++pages) {
      const v1::ListConversationsResponse page = Page(request);
      for (const v1::Conversation& one : page.conversations()) {
        users.push_back(one.user_id());
      }
      if (page.next_page_token().empty()) return users;
      request.set_page_token(page.next_page_token());
    }
    ADD_FAILURE() << "the list has no end";
    return users;
  }

  void Receive(const std::string& user) {
    ++received_;
    ASSERT_EQ(gateway_.Post(Gateway::TextBody(absl::StrCat("mid.", received_),
                                              absl::StrCat("text ", received_),
                                              user)),
              200);
  }
  // Also waits for the echo, which comes by a webhook a moment later: it would
  // change the conversation between two answers.
  void Send(const std::string& user) {
    ++sent_;
    grpc::Status status;
    (void)gateway_.Send(absl::StrCat("answer ", sent_),
                        absl::StrCat("r-", sent_), status, user);
    EXPECT_TRUE(status.ok()) << status.error_message();
    const auto stream =
        gateway_.Subscribe(Gateway::From(v1::POSITION_EARLIEST));
    EXPECT_TRUE(stream->WaitFor([this](const std::vector<v1::Event>& events) {
      return std::count_if(events.begin(), events.end(), [](const auto& event) {
               return event.type() == "message.echoed";
             }) >= sent_;
    }));
  }

  Gateway gateway_;
  int received_ = 0;
  int sent_ = 0;
};

TEST_F(ListConversationsTest, TheLatestComesFirst) {
  Receive("501");
  Receive("502");
  Receive("503");
  Receive("501");
  for (const int page_size : {0, 1, 2}) {
    EXPECT_THAT(Users(Ask(page_size)), ElementsAre("501", "503", "502"))
        << page_size;
  }
  gateway_.Restart();
  EXPECT_THAT(Users(Ask(1)), ElementsAre("501", "503", "502"));
}

TEST_F(ListConversationsTest, EachHasItsLastMessages) {
  Receive("501");
  Send("501");
  Receive("501");
  Receive("501");
  const v1::ListConversationsResponse page = Page(Ask());
  ASSERT_EQ(page.conversations_size(), 1);
  const v1::Conversation& conversation = page.conversations(0);
  EXPECT_EQ(conversation.last_inbound_message().text(), "text 3");
  EXPECT_EQ(conversation.last_outbound_message().text(), "answer 1");
  EXPECT_EQ(conversation.unanswered_count(), 2);
  EXPECT_EQ(conversation.window(), v1::MESSAGING_WINDOW_OPEN);

  v1::GetConversationRequest get;
  get.set_channel_id(kChannel);
  get.set_user_id("501");
  v1::GetConversationResponse found;
  grpc::ClientContext context;
  ASSERT_TRUE(gateway_.messaging().GetConversation(&context, get, &found).ok());
  EXPECT_THAT(found.conversation(), EqualsProto(conversation));
}

// They have no messages, and whoever comments is no customer yet.
TEST_F(ListConversationsTest, WhoeverOnlyReactedIsNotListed) {
  ASSERT_TRUE(gateway_.instagram()
                  .Play(emulator::ReactionEvent("505", "mid.x", "love"))
                  .ok());
  EXPECT_EQ(Page(Ask()).conversations_size(), 0);
}

TEST_F(ListConversationsTest, ThoseThatWaitForAnAnswer) {
  Receive("501");
  Receive("502");
  Send("501");
  v1::ListConversationsRequest request = Ask(1);
  request.set_unanswered_only(true);
  EXPECT_THAT(Users(request), ElementsAre("502"));
  Send("502");
  EXPECT_THAT(Users(request), ElementsAre());
}

// Later pages have nothing of what happens after the first, and the stream has.
TEST_F(ListConversationsTest, AListEndsWhereTheFirstPageFoundTheLog) {
  Receive("501");
  Receive("502");
  Receive("503");
  v1::ListConversationsRequest request = Ask(1);
  const v1::ListConversationsResponse first = Page(request);
  Receive("504");
  Receive("502");
  request.set_page_token(first.next_page_token());
  EXPECT_THAT(Users(request), ElementsAre("501"));
  EXPECT_EQ(Page(request).cursor(), first.cursor());
  v1::SubscribeEventsRequest subscribe;
  subscribe.set_after_cursor(first.cursor());
  const auto stream = gateway_.Subscribe(subscribe);
  ASSERT_TRUE(stream->WaitForCount(2));
  EXPECT_EQ(stream->events()[0].user_id(), "504");
  EXPECT_EQ(stream->events()[1].user_id(), "502");
}

TEST_F(ListConversationsTest, ATokenThatIsNoneIsRefused) {
  v1::ListConversationsRequest request = Ask();
  request.set_page_token("nonsense");
  grpc::ClientContext context;
  v1::ListConversationsResponse page;
  const grpc::Status status =
      gateway_.messaging().ListConversations(&context, request, &page);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "INVALID_REQUEST");
}

TEST_F(ListConversationsTest, SomebodyNobodyKnowsIsNotFound) {
  v1::GetConversationRequest get;
  get.set_channel_id(kChannel);
  get.set_user_id("599");
  v1::GetConversationResponse found;
  grpc::ClientContext context;
  const grpc::Status status =
      gateway_.messaging().GetConversation(&context, get, &found);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "CONVERSATION_NOT_FOUND");
}

}  // namespace
}  // namespace linktor::testing
