#include "emulator/webhook_body.h"

#include <utility>

#include "emulator/json.h"

namespace linktor::emulator {
namespace {

struct Item {
  std::string sender;
  std::string recipient;
  absl::Time time;
  // This is the name of the item's member, whose value is `value`.
  std::string kind;
  json::object value;
  bool standby = false;
};

std::string Body(json::object entry) {
  json::object body;
  body["object"] = "instagram";
  body["entry"] = json::array{std::move(entry)};
  return MetaJson(body);
}

std::string Envelope(const std::string& account_id, Item item, absl::Time now) {
  json::object messaging;
  // What is of nobody names no recipient either.
  if (!item.sender.empty()) {
    messaging["sender"] = json::object{{"id", item.sender}};
    messaging["recipient"] = json::object{{"id", item.recipient}};
  }
  messaging["timestamp"] = absl::ToUnixMillis(item.time);
  messaging[item.kind] = std::move(item.value);
  json::object entry;
  // The time is in milliseconds here; on "changes" it is in seconds.
  entry["time"] = absl::ToUnixMillis(now);
  entry["id"] = account_id;
  entry[item.standby ? "standby" : "messaging"] =
      json::array{std::move(messaging)};
  return Body(std::move(entry));
}

std::string ChangeEnvelope(const std::string& account_id,
                           const CustomerEvent& event, absl::Time now) {
  json::object change;
  change["value"] = event.value;
  change["field"] = event.kind;
  json::object entry;
  entry["id"] = account_id;
  entry["time"] = absl::ToUnixSeconds(now);
  entry["changes"] = json::array{std::move(change)};
  return Body(std::move(entry));
}

}  // namespace

std::string CustomerEventBody(const CustomerEvent& event,
                              const std::string& account_id, absl::Time now) {
  if (event.change) return ChangeEnvelope(account_id, event, now);
  json::object value;
  // A referral and others have none.
  if (!event.mid.empty()) value["mid"] = event.mid;
  value.insert(event.value.begin(), event.value.end());
  return Envelope(account_id,
                  {.sender = event.from,
                   .recipient = account_id,
                   .time = event.time.value_or(now),
                   .kind = event.kind,
                   .value = std::move(value),
                   .standby = event.standby},
                  now);
}

std::string EchoBody(const SentMessage& sent, absl::Time now) {
  json::object item;
  item["mid"] = sent.mid;
  if (!sent.send.text.empty()) item["text"] = sent.send.text;
  if (!sent.send.attachments.empty()) {
    item["attachments"] = sent.send.attachments;
  }
  item["is_echo"] = true;
  if (!sent.send.reply_to_mid.empty()) {
    item["reply_to"] = json::object{{"mid", sent.send.reply_to_mid}};
  }
  return Envelope(sent.account_id,
                  {.sender = sent.account_id,
                   .recipient = sent.send.recipient_id,
                   .time = now,
                   .kind = "message",
                   .value = std::move(item)},
                  now);
}

}  // namespace linktor::emulator
