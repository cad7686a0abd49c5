// These tests call ListMessages over real sockets, for a conversation in both
// directions.

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
using ::testing::IsEmpty;

constexpr char kSecondUser[] = "17841234567899";

class ListMessagesTest : public ::testing::Test {
 protected:
  ListMessagesTest() { gateway_.CreateChannel(); }

  static v1::ListMessagesRequest Ask(int page_size = 0,
                                     const std::string& user = kUser) {
    v1::ListMessagesRequest request;
    request.set_channel_id(kChannel);
    request.set_user_id(user);
    request.set_page_size(page_size);
    return request;
  }

  v1::ListMessagesResponse Page(const v1::ListMessagesRequest& request) {
    grpc::ClientContext context;
    v1::ListMessagesResponse page;
    const grpc::Status status =
        gateway_.messaging().ListMessages(&context, request, &page);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return page;
  }

  std::vector<v1::Message> All(v1::ListMessagesRequest request) {
    std::vector<v1::Message> all;
    for (int pages = 0; pages < 100; ++pages) {
      const v1::ListMessagesResponse page = Page(request);
      all.insert(all.end(), page.messages().begin(), page.messages().end());
      if (page.next_page_token().empty()) return all;
      request.set_page_token(page.next_page_token());
    }
    ADD_FAILURE() << "the list has no end";
    return all;
  }

  std::vector<std::string> Texts(const v1::ListMessagesRequest& request) {
    std::vector<std::string> texts;
    for (const v1::Message& message : All(request)) {
      texts.push_back(message.text());
    }
    return texts;
  }

  void Receive(const std::string& text, std::string_view user = kUser) {
    ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid." + text, text, user)), 200);
  }
  v1::Message Send(const std::string& text) {
    grpc::Status status;
    auto response = gateway_.Send(text, "r-" + text, status);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.message();
  }

  Gateway gateway_;
};

TEST_F(ListMessagesTest, BothDirectionsInTheirOrder) {
  Receive("a");
  Send("b");
  Receive("c");
  Receive("not theirs", kSecondUser);
  Send("d");
  Send("e");
  Receive("f");
  for (const int page_size : {0, 1, 2, 3}) {
    v1::ListMessagesRequest request = Ask(page_size);
    EXPECT_THAT(Texts(request), ElementsAre("f", "e", "d", "c", "b", "a"))
        << page_size;
    request.set_order(v1::LIST_ORDER_OLDEST_FIRST);
    EXPECT_THAT(Texts(request), ElementsAre("a", "b", "c", "d", "e", "f"))
        << page_size;
    // This request is for all customers of the channel.
    request.clear_user_id();
    EXPECT_THAT(Texts(request),
                ElementsAre("a", "b", "c", "not theirs", "d", "e", "f"))
        << page_size;
  }
}

TEST_F(ListMessagesTest, EachIsWhatGetMessageGives) {
  Receive("a");
  const v1::Message sent = Send("b");
  ASSERT_TRUE(gateway_.instagram()
                  .Play(emulator::ReactionEvent(kUser, sent.mid(), "love"))
                  .ok());
  ASSERT_TRUE(gateway_.instagram()
                  .Play(emulator::EditEvent(kUser, "mid.a", "a, edited", 1))
                  .ok());
  const std::vector<v1::Message> all = All(Ask());
  ASSERT_EQ(all.size(), 2U);
  for (const v1::Message& message : all) {
    v1::GetMessageRequest get;
    get.set_channel_id(kChannel);
    get.set_message_id(message.id());
    v1::GetMessageResponse found;
    grpc::ClientContext context;
    ASSERT_TRUE(gateway_.messaging().GetMessage(&context, get, &found).ok());
    EXPECT_THAT(message, EqualsProto(found.message()));
  }
  EXPECT_EQ(all[0].reactions_size(), 1);
  EXPECT_EQ(all[1].text(), "a, edited");
}

// The echo of a send is no message of its own.
TEST_F(ListMessagesTest, EchoesOfSendsAreNotThereTwice) {
  Receive("a");
  const v1::Message sent = Send("b");
  const auto stream = gateway_.Subscribe(Gateway::From(v1::POSITION_EARLIEST));
  ASSERT_TRUE(stream->WaitFor([](const std::vector<v1::Event>& events) {
    return std::any_of(events.begin(), events.end(), [](const v1::Event& one) {
      return one.type() == "message.echoed";
    });
  }));
  const std::vector<v1::Message> all = All(Ask());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].id(), sent.id());
  EXPECT_EQ(all[0].origin(), v1::MESSAGE_ORIGIN_API);
}

TEST_F(ListMessagesTest, StatesAreFiltered) {
  Receive("a");
  Send("b");
  Receive("gone");
  ASSERT_TRUE(
      gateway_.instagram().Play(emulator::UnsendEvent(kUser, "mid.gone")).ok());
  v1::ListMessagesRequest request = Ask(1);
  request.add_states(v1::MESSAGE_STATE_RECEIVED);
  EXPECT_THAT(Texts(request), ElementsAre("a"));
  request.set_states(0, v1::MESSAGE_STATE_SENT);
  EXPECT_THAT(Texts(request), ElementsAre("b"));
  request.set_states(0, v1::MESSAGE_STATE_RETRACTED);
  const std::vector<v1::Message> retracted = All(request);
  ASSERT_EQ(retracted.size(), 1U);
  EXPECT_EQ(retracted[0].text(), "");
  EXPECT_TRUE(retracted[0].has_retract_time());
  request.set_states(0, v1::MESSAGE_STATE_FAILED);
  EXPECT_THAT(Texts(request), IsEmpty());
}

TEST_F(ListMessagesTest, TimesAreThoseOfArrivalAndClaim) {
  Receive("a");
  Send("b");
  Receive("c");
  const std::vector<v1::Message> all = All(Ask());
  ASSERT_EQ(all.size(), 3U);
  v1::ListMessagesRequest request = Ask(1);
  *request.mutable_until() = all[0].create_time();
  // They may have come within one millisecond.
  std::vector<std::string> texts = Texts(request);
  EXPECT_EQ(std::count(texts.begin(), texts.end(), "c"), 0);
  request.clear_until();
  *request.mutable_since() = all[0].create_time();
  texts = Texts(request);
  ASSERT_FALSE(texts.empty());
  EXPECT_EQ(texts.front(), "c");
}

// Later pages have nothing that is newer than the first, and the stream after
// the cursor has it.
TEST_F(ListMessagesTest, LaterPagesHaveNothingNewer) {
  Receive("a");
  Send("b");
  Receive("c");
  v1::ListMessagesRequest request = Ask(1);
  v1::ListMessagesResponse page = Page(request);
  const std::string cursor = page.cursor();
  Receive("d");
  Send("e");
  std::vector<std::string> texts;
  for (;;) {
    for (const v1::Message& message : page.messages()) {
      texts.push_back(message.text());
    }
    EXPECT_EQ(page.cursor(), cursor);
    if (page.next_page_token().empty()) break;
    request.set_page_token(page.next_page_token());
    page = Page(request);
  }
  EXPECT_THAT(texts, ElementsAre("c", "b", "a"));
  v1::SubscribeEventsRequest subscribe;
  subscribe.set_after_cursor(cursor);
  subscribe.add_types("message.received");
  subscribe.add_types("message.sent");
  const auto stream = gateway_.Subscribe(subscribe);
  ASSERT_TRUE(stream->WaitForCount(2));
  EXPECT_EQ(MessageOf(stream->events()[0]).text(), "d");
  EXPECT_EQ(MessageOf(stream->events()[1]).text(), "e");
}

TEST_F(ListMessagesTest, SurvivesARestart) {
  Receive("a");
  Send("b");
  v1::ListMessagesRequest request = Ask(1);
  request.set_page_token(Page(request).next_page_token());
  gateway_.Restart();
  EXPECT_THAT(Texts(request), ElementsAre("a"));
}

TEST_F(ListMessagesTest, ATokenThatIsNoneIsRefused) {
  Receive("a");
  Receive("b");
  const std::string token = Page(Ask(1)).next_page_token();
  ASSERT_NE(token, "");
  v1::ListMessagesRequest other_order = Ask(1);
  other_order.set_order(v1::LIST_ORDER_OLDEST_FIRST);
  other_order.set_page_token(token);
  v1::ListMessagesRequest cut = Ask(1);
  cut.set_page_token(token.substr(0, token.size() / 2));
  v1::ListMessagesRequest of_events = Ask(1);
  {
    v1::ListEventsRequest events;
    events.set_page_size(1);
    grpc::ClientContext context;
    v1::ListEventsResponse page;
    ASSERT_TRUE(gateway_.events().ListEvents(&context, events, &page).ok());
    ASSERT_NE(page.next_page_token(), "");
    of_events.set_page_token(page.next_page_token());
  }
  for (const auto& request : {other_order, cut, of_events}) {
    grpc::ClientContext context;
    v1::ListMessagesResponse page;
    const grpc::Status status =
        gateway_.messaging().ListMessages(&context, request, &page);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "INVALID_REQUEST");
  }
}

}  // namespace
}  // namespace linktor::testing
