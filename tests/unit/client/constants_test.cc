#include "linktor/instagram/constants.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "linktor/instagram/v1/error_reason.pb.h"
#include "linktor/instagram/v1/event.pb.h"

namespace linktor::instagram {
namespace {

using ::testing::ElementsAreArray;

TEST(ConstantsTest, EveryReasonOfTheContract) {
  const std::string prefix = "ERROR_REASON_";
  std::vector<std::string> reasons;
  const auto* values = v1::ErrorReason_descriptor();
  for (int i = 0; i < values->value_count(); ++i) {
    if (values->value(i)->number() == 0) continue;
    reasons.push_back(values->value(i)->name().substr(prefix.size()));
  }
  EXPECT_THAT(reason::kAll, ElementsAreArray(reasons));
  EXPECT_STREQ(reason::kOutsideMessagingWindow, "OUTSIDE_MESSAGING_WINDOW");
}

TEST(ConstantsTest, EveryTypeOfTheContract) {
  std::vector<std::string> types;
  const auto* payload = v1::Event::descriptor()->FindOneofByName("payload");
  types.reserve(static_cast<std::size_t>(payload->field_count()));
  for (int i = 0; i < payload->field_count(); ++i) {
    types.push_back(payload->field(i)->options().GetExtension(v1::event_type));
  }
  EXPECT_THAT(event_type::kAll, ElementsAreArray(types));
  EXPECT_STREQ(event_type::kMessageReceived, "message.received");
  EXPECT_STREQ(event_type::kPostback, "instagram.postback");
}

}  // namespace
}  // namespace linktor::instagram
