#include "tests/fuzz/proto_checks.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <simdjson.h>

#include <memory>
#include <string>

namespace linktor::fuzz {

using google::protobuf::util::MessageDifferencer;

bool IsUtf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

Violation CheckBinary(const google::protobuf::Message& message) {
  std::string bytes;
  if (!message.SerializeToString(&bytes)) return "it cannot be serialised";
  const std::unique_ptr<google::protobuf::Message> again(message.New());
  if (!again->ParseFromString(bytes)) {
    return "protobuf does not read what it wrote: is it UTF-8?";
  }
  if (!MessageDifferencer::Equals(message, *again)) {
    return "protobuf reads something else than it wrote";
  }
  return std::nullopt;
}

Violation CheckJson(const google::protobuf::Message& message) {
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) {
    return "it has no JSON form";
  }
  if (!IsUtf8(json)) return "its JSON form is not UTF-8";
  const std::unique_ptr<google::protobuf::Message> again(message.New());
  if (!google::protobuf::util::JsonStringToMessage(json, again.get()).ok()) {
    return "protobuf does not read its own JSON: " + json;
  }
  if (!MessageDifferencer::Equals(message, *again)) {
    return "its JSON form says something else: " + json;
  }
  return std::nullopt;
}

}  // namespace linktor::fuzz
