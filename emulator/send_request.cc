#include "emulator/send_request.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "emulator/param_reader.h"
#include "emulator/send_template.h"
#include "server/base/ids.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

// Meta counts bytes of UTF-8, not characters.
constexpr std::size_t kMaxTextBytes = 1000;
// Meta would cut longer titles, and a test should hear about it.
constexpr std::size_t kMaxTitleCharacters = 20;
constexpr std::size_t kMaxPayloadBytes = 1000;
constexpr std::size_t kMaxQuickReplies = 13;
constexpr std::size_t kMaxImages = 10;

bool IsMedia(std::string_view type) {
  return type == "image" || type == "video" || type == "audio" ||
         type == "file";
}

void ReadTag(ParamReader& body, SendRequest& send) {
  if (const json::value* given = body.Find("messaging_type")) {
    const json::string* type = given->if_string();
    if (type == nullptr ||
        (*type != "RESPONSE" && *type != "UPDATE" && *type != "MESSAGE_TAG")) {
      body.Wrong("messaging_type",
                 "must be one of {RESPONSE, UPDATE, MESSAGE_TAG}");
    } else if (*type == "MESSAGE_TAG" && !body.Has("tag")) {
      body.Wrong("tag", "is required with MESSAGE_TAG");
    }
  }
  if (body.Has("tag")) {
    // Meta took the other tags away on 27 April 2026.
    body.Constant("tag", "HUMAN_AGENT");
    send.human_agent = true;
  }
}

void ReadRecipient(ParamReader& body, SendRequest& send) {
  const json::value* value = body.Find("recipient");
  if (value == nullptr) {
    return body.Fail(InvalidParameter("The parameter recipient is required"));
  }
  ParamReader recipient(*value, "recipient", {"id"}, body.error());
  const json::value* id = recipient.Find("id");
  if (id == nullptr || !id->is_string()) {
    return recipient.Wrong("id", "must be a string");
  }
  send.recipient_id = std::string(AsView(id->get_string()));
  if (!IsNumericId(send.recipient_id)) body.Fail(NoSuchUser());
}

void ReadQuickReplies(ParamReader& message, SendRequest& send) {
  if (!message.Has("quick_replies")) return;
  if (!message.Has("text")) {
    return message.Wrong("quick_replies", "is allowed with text only");
  }
  const json::array* entries =
      message.Array("quick_replies", 1, kMaxQuickReplies);
  if (entries == nullptr) return;
  for (const json::value& entry : *entries) {
    ParamReader reply(entry, "message[quick_replies]",
                      {"content_type", "title", "payload"}, message.error());
    reply.Constant("content_type", "text");
    send.offers.push_back(
        {.kind = Offer::Kind::kQuickReply,
         .title = reply.Characters("title", kMaxTitleCharacters),
         .payload = reply.Bytes("payload", kMaxPayloadBytes)});
  }
}

// Reads one attachment, from `attachment` or from `attachments`.
void ReadAttachment(const json::value& value, const std::string& path,
                    std::optional<GraphError>& error, SendRequest& send) {
  ParamReader attachment(value, path, {"type", "payload"}, error);
  const std::string type = attachment.Text("type");
  if (type == "like_heart") {
    if (attachment.Has("payload")) {
      attachment.Wrong("payload", "is not allowed with like_heart");
    }
    send.attachments.push_back(json::object{{"type", type}});
    return;
  }
  const json::value* payload = attachment.Find("payload");
  if (payload == nullptr) {
    return attachment.Wrong("payload", "is required");
  }
  if (IsMedia(type)) {
    ParamReader media(*payload, attachment.PathOf("payload"), {"url"}, error);
    send.attachments.push_back(json::object{
        {"type", type}, {"payload", json::object{{"url", media.Url("url")}}}});
  } else if (type == "template") {
    send.attachments.push_back(json::object{
        {"type", type},
        {"payload", ReadTemplate(*payload, attachment.PathOf("payload"), error,
                                 send.offers)}});
  } else {
    attachment.Wrong("type",
                     "must be one of {image, video, audio, file, like_heart, "
                     "template}");
  }
}

// Reads images: several or, as in Instagram Login's sample, one as an object.
void ReadImages(ParamReader& message, SendRequest& send) {
  const std::string path = message.PathOf("attachments");
  const json::value& value = *message.Find("attachments");
  if (value.is_object()) {
    ReadAttachment(value, path, message.error(), send);
  } else if (const json::array* list =
                 message.Array("attachments", 1, kMaxImages)) {
    for (const json::value& entry : *list) {
      ReadAttachment(entry, path, message.error(), send);
    }
  }
  for (const json::value& attachment : send.attachments) {
    if (attachment.at("type") != "image") {
      message.Wrong("attachments",
                    "takes images only; others go into attachment");
    }
  }
}

void ReadMessage(ParamReader& body, SendRequest& send) {
  const json::value* value = body.Find("message");
  if (value == nullptr) {
    return body.Fail(InvalidParameter("The parameter message is required"));
  }
  ParamReader message(*value, "message",
                      {"text", "quick_replies", "attachment", "attachments"},
                      body.error());
  const int kinds = static_cast<int>(message.Has("text")) +
                    static_cast<int>(message.Has("attachment")) +
                    static_cast<int>(message.Has("attachments"));
  if (kinds != 1) {
    return message.Fail(InvalidParameter(
        "Param message must have exactly one of {text, attachment, "
        "attachments}"));
  }
  ReadQuickReplies(message, send);
  if (message.Has("text")) {
    send.text = message.Bytes("text", kMaxTextBytes);
  } else if (message.Has("attachment")) {
    ReadAttachment(*message.Find("attachment"), message.PathOf("attachment"),
                   message.error(), send);
  } else {
    ReadImages(message, send);
  }
}

}  // namespace

std::variant<SendRequest, GraphError> ReadSendRequest(const json::value& body) {
  std::optional<GraphError> error;
  ParamReader reader(body, "",
                     {"recipient", "message", "messaging_type", "tag",
                      "reply_to", "platform", "access_token"},
                     error);
  SendRequest send;
  if (!error.has_value()) ReadRecipient(reader, send);
  if (!error.has_value()) ReadMessage(reader, send);
  if (const json::value* reply_to = reader.Find("reply_to")) {
    ParamReader inner(*reply_to, "reply_to", {"mid"}, error);
    send.reply_to_mid = inner.Text("mid");
  }
  ReadTag(reader, send);
  if (error.has_value()) return *std::move(error);
  return send;
}

}  // namespace linktor::emulator
