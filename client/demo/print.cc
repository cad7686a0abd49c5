#include "client/demo/print.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"

namespace linktor::demo {
namespace {

// Returns the message that is the payload of the event, or null when the
// payload is not a message. Several kinds of payload are messages.
const v1::Message* MessageOf(const v1::Event& event) {
  const auto* reflection = v1::Event::GetReflection();
  const auto* payload = reflection->GetOneofFieldDescriptor(
      event, v1::Event::descriptor()->FindOneofByName("payload"));
  if (payload == nullptr ||
      payload->message_type() != v1::Message::descriptor()) {
    return nullptr;
  }
  return google::protobuf::DynamicCastToGenerated<v1::Message>(
      &reflection->GetMessage(event, payload));
}

std::string LocalTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FormatTime("%H:%M:%S",
                          absl::FromUnixSeconds(timestamp.seconds()),
                          absl::LocalTimeZone());
}

void AddLine(std::string& out, const char* name, const std::string& value) {
  if (!value.empty()) absl::StrAppendFormat(&out, "     %-9s%s\n", name, value);
}

}  // namespace

std::string TextOf(const v1::Event& event) {
  const v1::Message* message = MessageOf(event);
  return message == nullptr ? std::string() : message->text();
}

std::string MidOf(const v1::Event& event) {
  const v1::Message* message = MessageOf(event);
  return message == nullptr ? std::string() : message->mid();
}

std::string OneLine(const v1::Event& event) {
  std::string line =
      absl::StrFormat("   %s  %-20s %-18s", LocalTime(event.receive_time()),
                      event.type(), event.user_id());
  if (const std::string text = TextOf(event); !text.empty()) {
    absl::StrAppend(&line, " \"", absl::StrReplaceAll(text, {{"\n", " "}}),
                    "\"");
  }
  return line;
}

std::string Details(const v1::Event& event) {
  std::string out;
  AddLine(out, "type", event.type());
  AddLine(out, "channel", event.channel_id());
  AddLine(out, "from", event.user_id());
  AddLine(out, "text", TextOf(event));
  AddLine(out, "time", LocalTime(event.receive_time()));
  AddLine(out, "id", event.id());
  return out;
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options)
           .ok()) {
    return "     (not printable)\n";
  }
  while (!json.empty() && json.back() == '\n') json.pop_back();
  return absl::StrCat("     ", absl::StrReplaceAll(json, {{"\n", "\n     "}}),
                      "\n");
}

}  // namespace linktor::demo
