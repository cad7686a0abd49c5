// These tests call ListDeliveries over real sockets. It tells what became of
// each webhook.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class ListDeliveriesTest : public ::testing::Test {
 protected:
  ListDeliveriesTest() { gateway_.CreateChannel(); }

  v1::ListDeliveriesResponse Page(const v1::ListDeliveriesRequest& request) {
    grpc::ClientContext context;
    v1::ListDeliveriesResponse page;
    const grpc::Status status =
        gateway_.events().ListDeliveries(&context, request, &page);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return page;
  }

  std::vector<v1::Delivery> All(v1::ListDeliveriesRequest request) {
    std::vector<v1::Delivery> all;
    for (int pages = 0; pages < 100; ++pages) {
      const v1::ListDeliveriesResponse page = Page(request);
      all.insert(all.end(), page.deliveries().begin(), page.deliveries().end());
      if (page.next_page_token().empty()) return all;
      request.set_page_token(page.next_page_token());
    }
    ADD_FAILURE() << "the list has no end";
    return all;
  }

  Gateway gateway_;
};

TEST_F(ListDeliveriesTest, EachHasItsCounts) {
  const std::string body = Gateway::TextBody("mid.1", "text");
  ASSERT_EQ(gateway_.Post(body), 200);
  ASSERT_EQ(gateway_.Post(body), 200);
  ASSERT_EQ(gateway_.Post("not JSON"), 200);
  for (const int page_size : {0, 1, 2}) {
    v1::ListDeliveriesRequest request;
    request.set_page_size(page_size);
    const std::vector<v1::Delivery> all = All(request);
    ASSERT_THAT(all, SizeIs(3));
    EXPECT_EQ(all[0].issue_count(), 1);
    EXPECT_NE(all[0].issue(), "");
    EXPECT_EQ(all[1].duplicate_count(), 1);
    EXPECT_EQ(all[1].event_count(), 0);
    EXPECT_EQ(all[2].event_count(), 1);
    EXPECT_EQ(all[2].channel_id(), kChannel);
    EXPECT_EQ(all[2].size_bytes(), static_cast<std::int64_t>(body.size()));
    EXPECT_TRUE(all[2].has_receive_time());
    EXPECT_EQ(all[2].id(), gateway_.AllEvents().front().delivery_id());
  }
}

TEST_F(ListDeliveriesTest, IssuesAlone) {
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.1", "text")), 200);
  ASSERT_EQ(gateway_.Post("{}"), 200);
  v1::ListDeliveriesRequest request;
  request.set_issues_only(true);
  EXPECT_THAT(All(request), SizeIs(1));
}

TEST_F(ListDeliveriesTest, ChannelsAreFiltered) {
  ASSERT_EQ(gateway_.Post(Gateway::TextBody("mid.1", "text")), 200);
  v1::ListDeliveriesRequest request;
  request.add_channel_ids(kChannel);
  EXPECT_THAT(All(request), SizeIs(1));
  request.set_channel_ids(0, "ch_nowhere");
  grpc::ClientContext context;
  v1::ListDeliveriesResponse page;
  const grpc::Status status =
      gateway_.events().ListDeliveries(&context, request, &page);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "CHANNEL_NOT_FOUND");
}

TEST_F(ListDeliveriesTest, ATokenThatIsNoneIsRefused) {
  v1::ListDeliveriesRequest request;
  request.set_page_token("nonsense");
  grpc::ClientContext context;
  v1::ListDeliveriesResponse page;
  const grpc::Status status =
      gateway_.events().ListDeliveries(&context, request, &page);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "INVALID_REQUEST");
  EXPECT_THAT(status.error_message(), HasSubstr("page_token"));
}

}  // namespace
}  // namespace linktor::testing
