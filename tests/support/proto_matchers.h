// EqualsProto(text or message) compares field by field and reports the
// differences. It must not be used on messages with a filled map: reflection on
// maps crashes under ThreadSanitizer, for which protobuf's headers lay them out
// differently than Debian's library does.

#pragma once

#include <gmock/gmock.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <string>
#include <type_traits>

namespace linktor {

// Returns the message that `text` spells; fails the test when it spells none.
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
