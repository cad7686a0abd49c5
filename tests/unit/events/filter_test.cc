#include "server/events/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/support/proto_matchers.h"

namespace linktor::events {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct WantsCase {
  const char* request;
  const char* type;
  const char* channel;
  const char* user;
  bool wanted;
};

TEST(EventFilterTest, Table) {
  const WantsCase cases[] = {
      {"", "message.received", "ch_a", "1", true},
      {"", "", "", "", true},
      {"channel_ids: 'ch_a'", "message.received", "ch_a", "1", true},
      {"channel_ids: 'ch_a'", "message.received", "ch_b", "1", false},
      {"channel_ids: 'ch_a'", "message.received", "ch_", "1", false},
      {"channel_ids: ['ch_a', 'ch_b']", "x", "ch_b", "1", true},
      {"user_ids: '1'", "x", "ch_a", "1", true},
      {"user_ids: '1'", "x", "ch_a", "11", false},
      // Events about nobody are not about user 1.
      {"user_ids: '1'", "channel.degraded", "ch_a", "", false},
      {"types: 'message.received'", "message.received", "c", "1", true},
      {"types: 'message.received'", "message.echoed", "c", "1", false},
      {"types: 'instagram.*'", "instagram.unknown", "c", "1", true},
      {"types: 'instagram.*'", "instagram.", "c", "1", true},
      {"types: 'instagram.*'", "instagramx", "c", "1", false},
      {"types: 'instagram.*'", "message.received", "c", "1", false},
      {"types: ['instagram.*', 'message.sent']", "message.sent", "c", "1",
       true},
      {"types: ['instagram.*', 'message.sent']", "message.failed", "c", "1",
       false},
      {"types: ['message.*', 'channel.*']", "channel.silent", "c", "", true},
      // These filters have all conditions at once.
      {"types: 'message.*' channel_ids: 'a' user_ids: '1'", "message.sent", "a",
       "1", true},
      {"types: 'message.*' channel_ids: 'a' user_ids: '1'", "message.sent", "a",
       "2", false},
      {"types: 'message.*' channel_ids: 'a' user_ids: '1'", "message.sent", "b",
       "1", false},
  };
  for (const WantsCase& c : cases) {
    const EventFilter filter(ParseText<v1::SubscribeEventsRequest>(c.request),
                             {});
    EXPECT_EQ(filter.Wants(c.type, c.channel, c.user), c.wanted)
        << c.request << " for " << c.type << " " << c.channel << " " << c.user;
  }
}

// A caller whose key is limited to channels gets no others.
TEST(EventFilterTest, WithoutChannelsItsCallersAreTaken) {
  const EventFilter filter(v1::SubscribeEventsRequest(), {"a", "b"});
  EXPECT_FALSE(filter.everything());
  EXPECT_TRUE(filter.Wants("message.received", "a", "1"));
  EXPECT_FALSE(filter.Wants("message.received", "c", "1"));
  v1::SubscribeEventsRequest request;
  request.add_channel_ids("b");
  EXPECT_FALSE(EventFilter(request, {"a", "b"}).Wants("message.sent", "a", ""));
  EXPECT_TRUE(EventFilter(v1::SubscribeEventsRequest(), {}).everything());
}

std::vector<std::string> Check(const v1::SubscribeEventsRequest& request) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : CheckFilter(request)) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(CheckFilterTest, TakesNamesAndGroupsOfTheContract) {
  for (const char* type :
       {"message.received", "instagram.unknown", "instagram.*", "message.*"}) {
    v1::SubscribeEventsRequest request;
    request.add_types(type);
    EXPECT_THAT(Check(request), IsEmpty()) << type;
  }
}

TEST(CheckFilterTest, RefusesMisspeltNames) {
  v1::SubscribeEventsRequest request;
  for (const char* type :
       {"message.recieved", "", "*", ".*", "message", "message.", "mess.*",
        "message.received.*", "Message.received", "instagram.*x",
        // This server makes no such events, so a stream would be silent.
        "message.forwarded", "conversation.*"}) {
    request.add_types(type);
  }
  EXPECT_THAT(Check(request),
              ElementsAre("types[0]", "types[1]", "types[2]", "types[3]",
                          "types[4]", "types[5]", "types[6]", "types[7]",
                          "types[8]", "types[9]", "types[10]", "types[11]"));
}

TEST(CheckFilterTest, LimitsNumbers) {
  v1::SubscribeEventsRequest request;
  for (int i = 0; i < 1000; ++i) {
    request.add_channel_ids("ch");
    request.add_user_ids("1");
  }
  for (int i = 0; i < 100; ++i) request.add_types("message.*");
  EXPECT_THAT(Check(request), IsEmpty());
  request.add_channel_ids("ch");
  request.add_user_ids("1");
  request.add_types("message.*");
  EXPECT_THAT(Check(request), ElementsAre("channel_ids", "types", "user_ids"));
}

}  // namespace
}  // namespace linktor::events
