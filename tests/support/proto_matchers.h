// EqualsProto(text or message) compares messages field by field and reports the
// differences. Do not use it for messages with a filled map: under
// ThreadSanitizer, reflection on maps crashes. The reason is that protobuf's
// headers then lay out maps differently than Debian's library does.

#pragma once

#include <gmock/gmock.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <string>
#include <type_traits>

namespace linktor {

// Returns the message whose text format is `text`. Fails the test when `text`
// is not such a message.
template <typename Message>
Message ParseText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << "not a " << Message::descriptor()->full_name() << ": " << text;
  return message;
}

MATCHER_P(EqualsProto, expected, "equals the protobuf message") {
  using Message = std::decay_t<decltype(arg)>;
  Message want;
  if constexpr (std::is_convertible_v<decltype(expected), std::string>) {
    want = ParseText<Message>(expected);
  } else {
    want = expected;
  }
  std::string differences;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&differences);
  const bool equal = differencer.Compare(want, arg);
  *result_listener << differences;
  return equal;
}

}  // namespace linktor
