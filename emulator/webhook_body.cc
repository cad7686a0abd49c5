#include "emulator/webhook_body.h"

#include <utility>

#include "server/base/ids.h"

namespace linktor::emulator {
namespace {

struct Item {
  std::string sender;
  std::string recipient;
  absl::Time time;
  json::object message;
};

std::string Envelope(const std::string& account_id, Item item, absl::Time now) {
  json::object messaging;
  messaging["sender"] = json::object{{"id", item.sender}};
  messaging["recipient"] = json::object{{"id", item.recipient}};
  messaging["timestamp"] = absl::ToUnixMillis(item.time);
  messaging["message"] = std::move(item.message);
  json::object entry;
  // Milliseconds here; on "changes" it would be seconds.
  entry["time"] = absl::ToUnixMillis(now);
  entry["id"] = account_id;
  entry["messaging"] = json::array{std::move(messaging)};
  json::object body;
  body["object"] = "instagram";
  body["entry"] = json::array{std::move(entry)};
  return MetaJson(body);
}

}  // namespace

absl::Status CheckCustomerMessage(const CustomerMessage& message) {
  if (!IsNumericId(message.from)) {
    return absl::InvalidArgumentError(
        "\"from\" must be an Instagram-scoped id: a string of 1 to 32 digits");
  }
  if (message.text.empty() && message.attachments.empty()) {
    return absl::InvalidArgumentError(
        R"(a message needs "text" or "attachments")");
  }
  for (const json::value& attachment : message.attachments) {
    const json::object* object = attachment.if_object();
    if (object == nullptr || FindString(*object, "type") == nullptr) {
      return absl::InvalidArgumentError(
          "every attachment must be an object with a string \"type\"");
    }
  }
  return absl::OkStatus();
}

std::string CustomerMessageBody(const CustomerMessage& message,
                                const std::string& account_id, absl::Time now) {
  json::object item;
  item["mid"] = message.mid;
  if (!message.text.empty()) item["text"] = message.text;
  if (!message.attachments.empty()) item["attachments"] = message.attachments;
  if (!message.reply_to.empty()) item["reply_to"] = message.reply_to;
  return Envelope(account_id,
                  {.sender = message.from,
                   .recipient = account_id,
                   .time = message.time.value_or(now),
                   .message = std::move(item)},
                  now);
}

std::string EchoBody(const SentMessage& sent, absl::Time now) {
  json::object item;
  item["mid"] = sent.mid;
  item["text"] = sent.send.text;
  item["is_echo"] = true;
  if (!sent.send.reply_to_mid.empty()) {
    item["reply_to"] = json::object{{"mid", sent.send.reply_to_mid}};
  }
  return Envelope(sent.account_id,
                  {.sender = sent.account_id,
                   .recipient = sent.send.recipient_id,
                   .time = now,
                   .message = std::move(item)},
                  now);
}

}  // namespace linktor::emulator
