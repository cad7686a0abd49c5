// ListEvents over real sockets, and what follows on a list.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

using ::testing::ElementsAre;

class ListEventsTest : public ::testing::Test {
 protected:
  ListEventsTest() { gateway_.CreateChannel(); }

  v1::ListEventsResponse Page(const v1::ListEventsRequest& request) {
    grpc::ClientContext context;
    v1::ListEventsResponse page;
    const grpc::Status status =
        gateway_.events().ListEvents(&context, request, &page);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return page;
  }

  // Lists everything, adds the texts to `texts`, and returns the cursor.
  std::string List(v1::ListEventsRequest request,
                   std::vector<std::string>& texts) {
    request.add_types("message.*");
    for (;;) {
      const v1::ListEventsResponse page = Page(request);
      for (const v1::Event& event : page.events()) {
        texts.push_back(event.message_received().text());
      }
      if (page.next_page_token().empty()) return page.cursor();
      request.set_page_token(page.next_page_token());
    }
  }

  bool Post(int n) {
    return gateway_.Post(Gateway::TextBody(absl::StrCat("mid.", n),
                                           absl::StrCat("text ", n))) == 200;
  }

  Gateway gateway_;
};

TEST_F(ListEventsTest, NewestFirstUnlessAskedOtherwise) {
  for (int n = 1; n <= 3; ++n) ASSERT_TRUE(Post(n));
  std::vector<std::string> texts;
  List({}, texts);
  EXPECT_THAT(texts, ElementsAre("text 3", "text 2", "text 1"));
  v1::ListEventsRequest oldest;
  oldest.set_order(v1::LIST_ORDER_OLDEST_FIRST);
  oldest.set_page_size(2);
  texts.clear();
  List(oldest, texts);
  EXPECT_THAT(texts, ElementsAre("text 1", "text 2", "text 3"));
}

TEST_F(ListEventsTest, AnEventIsTheSameAsOnTheStream) {
  ASSERT_TRUE(Post(1));
  const std::vector<v1::Event> streamed = gateway_.AllEvents();
  v1::ListEventsRequest request;
  request.add_types("message.*");
  const v1::ListEventsResponse page = Page(request);
  ASSERT_EQ(page.events_size(), 1);
  ASSERT_EQ(streamed.size(), 1U);
  EXPECT_EQ(page.events(0).SerializeAsString(),
            streamed[0].SerializeAsString());
  EXPECT_EQ(page.cursor(), streamed[0].cursor());
}

TEST_F(ListEventsTest, TheItemAsReceivedComesOnRequest) {
  ASSERT_TRUE(Post(1));
  EXPECT_EQ(Page({}).events(0).raw_json(), "");
  v1::ListEventsRequest request;
  request.set_include_raw(true);
  EXPECT_THAT(Page(request).events(0).raw_json(),
              ::testing::HasSubstr("mid.1"));
}

TEST_F(ListEventsTest, AChannelThatIsNotThereIsAnError) {
  v1::ListEventsRequest request;
  request.add_channel_ids("ch_misspelt");
  grpc::ClientContext context;
  v1::ListEventsResponse page;
  const grpc::Status status =
      gateway_.events().ListEvents(&context, request, &page);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "CHANNEL_NOT_FOUND");
}

// Webhooks come all the time, and each round must have every message once.
TEST_F(ListEventsTest, AListAndTheStreamAfterItHaveNoHole) {
  std::atomic<int> posted{0};
  const std::jthread poster([&](const std::stop_token& stop) {
    while (!stop.stop_requested() && Post(posted + 1)) ++posted;
    EXPECT_TRUE(stop.stop_requested()) << "a post was refused";
  });
  for (int round = 0; round < 100; ++round) {
    std::vector<std::string> texts;
    v1::ListEventsRequest request;
    request.set_order(round % 2 == 0 ? v1::LIST_ORDER_NEWEST_FIRST
                                     : v1::LIST_ORDER_OLDEST_FIRST);
    request.set_page_size(round % 3 == 0 ? 1000 : 50);
    v1::SubscribeEventsRequest subscribe;
    subscribe.set_after_cursor(List(request, texts));
    const int last = posted + 1;
    const auto stream = gateway_.Subscribe(subscribe);
    ASSERT_TRUE(stream->WaitFor([&](const std::vector<v1::Event>& events) {
      return texts.size() + events.size() >= static_cast<std::size_t>(last);
    }));
    for (const v1::Event& event : stream->events()) {
      texts.push_back(event.message_received().text());
    }
    std::vector<std::string> expected;
    for (std::size_t n = 1; n <= texts.size(); ++n) {
      expected.push_back(absl::StrCat("text ", n));
    }
    std::sort(texts.begin(), texts.end());
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(texts, expected) << "in round " << round;
  }
}

}  // namespace
}  // namespace linktor::testing
