#include "emulator/text_send.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "server/base/ids.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

// Meta counts bytes of UTF-8, not characters.
constexpr std::size_t kMaxTextBytes = 1000;
// "No matching Instagram user".
constexpr int kNoSuchUser = 2534014;

std::optional<GraphError> CheckTag(const json::object& body) {
  const json::value* given_type = body.if_contains("messaging_type");
  const json::value* given_tag = body.if_contains("tag");
  const json::string* type = FindString(body, "messaging_type");
  const json::string* tag = FindString(body, "tag");
  if (given_type != nullptr &&
      (type == nullptr ||
       (*type != "RESPONSE" && *type != "UPDATE" && *type != "MESSAGE_TAG"))) {
    return InvalidParameter(
        "Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}");
  }
  if (given_tag != nullptr && (tag == nullptr || *tag != "HUMAN_AGENT")) {
    return InvalidParameter("Param tag must be HUMAN_AGENT");
  }
  if (type != nullptr && *type == "MESSAGE_TAG" && tag == nullptr) {
    return InvalidParameter("Param tag is required with MESSAGE_TAG");
  }
  return std::nullopt;
}

}  // namespace

std::variant<TextSend, GraphError> ReadTextSend(const json::value& body) {
  const json::object* object = body.if_object();
  if (object == nullptr) {
    return InvalidParameter("The body must be a JSON object");
  }
  const json::object* recipient = FindObject(*object, "recipient");
  if (recipient == nullptr) {
    return InvalidParameter("The parameter recipient is required");
  }
  const json::string* id = FindString(*recipient, "id");
  if (id == nullptr) {
    return InvalidParameter("Param recipient[id] must be a string");
  }
  if (!IsNumericId(AsView(*id))) {
    return InvalidParameter("No matching user found", kNoSuchUser);
  }
  if (object->if_contains("sender_action") != nullptr) {
    return InvalidParameter("Param sender_action is not supported");
  }
  const json::object* message = FindObject(*object, "message");
  if (message == nullptr) {
    return InvalidParameter("The parameter message is required");
  }
  for (const json::key_value_pair& member : *message) {
    if (member.key() != "text") {
      return InvalidParameter(absl::StrCat(
          "Param message[", ToAbsl(member.key()), "] is not supported"));
    }
  }
  const json::string* text = FindString(*message, "text");
  if (text == nullptr || text->empty()) {
    return InvalidParameter("Param message[text] must be a non-empty string");
  }
  if (text->size() > kMaxTextBytes) {
    return InvalidParameter(
        absl::StrCat("Length of param message[text] must be less than or "
                     "equal to ",
                     kMaxTextBytes, " bytes, it is ", text->size()));
  }
  TextSend send{.recipient_id = std::string(AsView(*id)),
                .text = std::string(AsView(*text))};
  if (object->if_contains("reply_to") != nullptr) {
    const json::object* reply_to = FindObject(*object, "reply_to");
    const json::string* mid =
        reply_to == nullptr ? nullptr : FindString(*reply_to, "mid");
    if (mid == nullptr || mid->empty()) {
      return InvalidParameter("Param reply_to[mid] must be a message id");
    }
    send.reply_to_mid = std::string(AsView(*mid));
  }
  if (std::optional<GraphError> error = CheckTag(*object)) return *error;
  return send;
}

}  // namespace linktor::emulator
