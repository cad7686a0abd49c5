#include "emulator/webhook_body.h"

#include <gtest/gtest.h>

namespace linktor::emulator {
namespace {

constexpr absl::Time kBodyTime = absl::FromUnixSeconds(1'700'000'000);

json::value Body(const std::vector<WebhookItem>& items) {
  std::vector<const WebhookItem*> all;
  for (const WebhookItem& item : items) all.push_back(&item);
  return *ParseJson(WebhookBody(all, kBodyTime));
}

WebhookItem Item(const char* entry_id, WebhookItem::Form form, int n) {
  return {.entry_id = entry_id, .form = form, .value = {{"n", n}}};
}

TEST(WebhookBodyTest, NeighboursOfOneAccountShareAnEntry) {
  using Form = WebhookItem::Form;
  EXPECT_EQ(
      Body({Item("1", Form::kMessaging, 1), Item("1", Form::kMessaging, 2),
            Item("2", Form::kMessaging, 3), Item("1", Form::kStandby, 4)}),
      *ParseJson(R"({"object":"instagram","entry":[
          {"time":1700000000000,"id":"1","messaging":[{"n":1},{"n":2}]},
          {"time":1700000000000,"id":"2","messaging":[{"n":3}]},
          {"time":1700000000000,"id":"1","standby":[{"n":4}]}]})"));
}

TEST(WebhookBodyTest, ChangesAreToldInSecondsAndFlatOnesAlone) {
  using Form = WebhookItem::Form;
  EXPECT_EQ(Body({Item("1", Form::kChange, 1), Item("1", Form::kChange, 2),
                  Item("1", Form::kFlat, 3), Item("1", Form::kFlat, 4)}),
            *ParseJson(R"({"object":"instagram","entry":[
                {"id":"1","time":1700000000,"changes":[{"n":1},{"n":2}]},
                {"id":"1","time":1700000000,"n":3},
                {"id":"1","time":1700000000,"n":4}]})"));
}

TEST(WebhookBodyTest, MessengersObjectIsThePage) {
  WebhookItem item = Item("100200300", WebhookItem::Form::kMessaging, 1);
  item.messenger = true;
  EXPECT_EQ(Body({item}).at("object"), json::value("page"));
}

// Meta writes the time of each delivery, so that its bytes and its signature
// are others.
TEST(WebhookBodyTest, LaterDeliveryDiffersInItsTimeAlone) {
  const WebhookItem item = Item("1", WebhookItem::Form::kMessaging, 1);
  const std::string first = WebhookBody({&item}, kBodyTime);
  const std::string second = WebhookBody({&item}, kBodyTime + absl::Seconds(1));
  EXPECT_NE(first, second);
  EXPECT_EQ(ParseJson(first)->at("entry").at(0).at("messaging"),
            ParseJson(second)->at("entry").at(0).at("messaging"));
}

}  // namespace
}  // namespace linktor::emulator
