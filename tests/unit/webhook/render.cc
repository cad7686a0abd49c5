#include "tests/unit/webhook/render.h"

#include <google/protobuf/text_format.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace linktor::webhook {
namespace {

const char* NameOf(EnvelopeForm form) {
  switch (form) {
    case EnvelopeForm::kBody:
      return "BODY";
    case EnvelopeForm::kMessaging:
      return "MESSAGING";
    case EnvelopeForm::kStandby:
      return "STANDBY";
    case EnvelopeForm::kChanges:
      return "CHANGES";
    case EnvelopeForm::kFlat:
      return "FLAT";
    case EnvelopeForm::kEntry:
      return "ENTRY";
  }
  return "?";
}

void AddText(const char* name, const std::string& value, std::string& out) {
  if (value.empty()) return;
  absl::StrAppend(&out, "  ", name, ": \"", absl::Utf8SafeCEscape(value),
                  "\"\n");
}

void AddMessage(const char* name, const google::protobuf::Message& message,
                std::string& out) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetInitialIndentLevel(2);
  printer.SetUseUtf8StringEscaping(true);
  std::string text;
  printer.PrintToString(message, &text);
  if (!text.empty()) absl::StrAppend(&out, "  ", name, " {\n", text, "  }\n");
}

}  // namespace

const char* NameOf(ItemType type) {
  switch (type) {
    case ItemType::kMessage:
      return "MESSAGE";
    case ItemType::kEcho:
      return "ECHO";
    case ItemType::kQuickReply:
      return "QUICK_REPLY";
    case ItemType::kStoryReply:
      return "STORY_REPLY";
    case ItemType::kStoryMention:
      return "STORY_MENTION";
    case ItemType::kProductShare:
      return "PRODUCT_SHARE";
    case ItemType::kPostback:
      return "POSTBACK";
    case ItemType::kReaction:
      return "REACTION";
    case ItemType::kReferral:
      return "REFERRAL";
    case ItemType::kMessageRead:
      return "MESSAGE_READ";
    case ItemType::kMessageEdited:
      return "MESSAGE_EDITED";
    case ItemType::kMessageUnsent:
      return "MESSAGE_UNSENT";
    case ItemType::kOptin:
      return "OPTIN";
    case ItemType::kHandover:
      return "HANDOVER";
    case ItemType::kFeedback:
      return "FEEDBACK";
    case ItemType::kPolicyEnforcement:
      return "POLICY_ENFORCEMENT";
    case ItemType::kComment:
      return "COMMENT";
    case ItemType::kLiveComment:
      return "LIVE_COMMENT";
    case ItemType::kMention:
      return "MENTION";
    case ItemType::kStoryInsights:
      return "STORY_INSIGHTS";
    case ItemType::kWaits:
      return "WAITS";
    case ItemType::kUnknown:
      return "UNKNOWN";
    case ItemType::kIssue:
      return "ISSUE";
  }
  return "?";
}

std::string Render(const std::vector<ParsedItem>& items) {
  std::string out;
  for (const ParsedItem& item : items) {
    absl::StrAppend(&out, "item {\n  type: ", NameOf(TypeOf(item)),
                    "\n  form: ", NameOf(item.form),
                    "\n  raw_bytes: ", item.raw.size(), "\n");
    AddText("entry_id", item.entry_id, out);
    AddText("user_id", item.user_id, out);
    if (item.event_ms != 0) {
      absl::StrAppend(&out, "  event_ms: ", item.event_ms, "\n");
    }
    if (item.by_account) absl::StrAppend(&out, "  by_account: true\n");
    if (item.self) absl::StrAppend(&out, "  self: true\n");
    if (item.opens_window) absl::StrAppend(&out, "  opens_window: true\n");
    AddText("kind", item.kind, out);
    AddText("problem", item.problem, out);
    AddText("json_path", item.json_path, out);
    AddMessage("message", item.message, out);
    AddMessage("payload", item.payload, out);
    absl::StrAppend(&out, "}\n");
  }
  return out;
}

namespace {

// Adds every string in the message, and in the messages within it, to `out`.
void AddStrings(const google::protobuf::Message& message,
                std::vector<std::string>& out) {
  const auto* reflection = message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    const int size =
        field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      if (field->cpp_type() ==
          google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
        out.push_back(field->is_repeated()
                          ? reflection->GetRepeatedString(message, field, i)
                          : reflection->GetString(message, field));
      } else if (field->cpp_type() ==
                 google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
        AddStrings(field->is_repeated()
                       ? reflection->GetRepeatedMessage(message, field, i)
                       : reflection->GetMessage(message, field),
                   out);
      }
    }
  }
}

}  // namespace

std::vector<std::string> StringsOf(const ParsedItem& item) {
  std::vector<std::string> strings = {std::string(item.raw), item.entry_id,
                                      item.user_id,          item.kind,
                                      item.problem,          item.json_path};
  AddStrings(item.message, strings);
  AddStrings(item.payload, strings);
  return strings;
}

}  // namespace linktor::webhook
