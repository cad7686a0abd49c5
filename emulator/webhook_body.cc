#include "emulator/webhook_body.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "emulator/owner_event.h"
#include "server/kinds/table.h"

namespace linktor::emulator {
namespace {

using Form = WebhookItem::Form;

bool LeavesOut(const CustomerEvent& event, std::string_view member) {
  return std::find(event.left_out.begin(), event.left_out.end(), member) !=
         event.left_out.end();
}

json::object Party(const std::string& id) { return json::object{{"id", id}}; }

// Returns the value of the item's kind. A referral and others have no mid.
json::object ValueOf(const CustomerEvent& event) {
  json::object value;
  if (!event.mid.empty() && !LeavesOut(event, "mid")) value["mid"] = event.mid;
  value.insert(event.value.begin(), event.value.end());
  if (LeavesOut(event, "is_echo")) value.stable_erase("is_echo");
  return value;
}

WebhookItem MessagingItem(const CustomerEvent& event,
                          const std::string& entry_id, absl::Time now) {
  json::object item;
  // What is of nobody names no recipient either, but for what Meta decides.
  if (event.kind == kinds::kPolicyEnforcement.key) {
    item["recipient"] = Party(entry_id);
  } else if (!event.from.empty()) {
    const auto& [sender, recipient] = event.by_account
                                          ? std::tie(entry_id, event.from)
                                          : std::tie(event.from, entry_id);
    if (!LeavesOut(event, "sender")) item["sender"] = Party(sender);
    if (!LeavesOut(event, "recipient")) item["recipient"] = Party(recipient);
  }
  if (!LeavesOut(event, "timestamp")) {
    item["timestamp"] = absl::ToUnixMillis(event.time.value_or(now));
  }
  // A message says so itself.
  if (event.self && event.kind != kinds::kMessageKey) item["is_self"] = true;
  item[event.kind] = ValueOf(event);
  return {.entry_id = entry_id,
          .form = event.standby ? Form::kStandby : Form::kMessaging,
          .value = std::move(item),
          .messenger = event.messenger};
}

WebhookItem ChangeItem(const CustomerEvent& event,
                       const std::string& entry_id) {
  json::object value = event.value;
  if (event.by_account) {
    json::object author = Party(entry_id);
    if (const json::object* given = FindObject(value, "from")) {
      author.insert(given->begin(), given->end());
    }
    author["self_ig_scoped_id"] = OwnScopedId(entry_id);
    value["from"] = std::move(author);
  }
  json::object change;
  change["value"] = std::move(value);
  change["field"] = event.kind;
  return {.entry_id = entry_id,
          .form = event.flat ? Form::kFlat : Form::kChange,
          .value = std::move(change)};
}

WebhookItem ItemOf(const CustomerEvent& event, const std::string& entry_id,
                   absl::Time now) {
  return event.change ? ChangeItem(event, entry_id)
                      : MessagingItem(event, entry_id, now);
}

// The edit numbered 0 of a message, as it comes on live accounts.
WebhookItem EditZeroItem(const CustomerEvent& message,
                         const std::string& entry_id, absl::Time now) {
  CustomerEvent edit = EditEvent("", message.mid, "", 0);
  edit.value.erase("text");
  edit.time = message.time;
  edit.standby = message.standby;
  return MessagingItem(edit, entry_id, now);
}

const char* ListOf(Form form) {
  switch (form) {
    case Form::kMessaging:
      return "messaging";
    case Form::kStandby:
      return "standby";
    case Form::kChange:
    case Form::kFlat:
      return "changes";
  }
  return "";
}

json::object EntryOf(const WebhookItem& item, absl::Time now) {
  json::object entry;
  // The time is in milliseconds here; on changes it is in seconds.
  if (item.form == Form::kMessaging || item.form == Form::kStandby) {
    entry["time"] = absl::ToUnixMillis(now);
    entry["id"] = item.entry_id;
  } else {
    entry["id"] = item.entry_id;
    entry["time"] = absl::ToUnixSeconds(now);
  }
  if (item.form == Form::kFlat) {
    entry.insert(item.value.begin(), item.value.end());
  } else {
    entry[ListOf(item.form)] = json::array{item.value};
  }
  return entry;
}

bool ShareAnEntry(const WebhookItem& a, const WebhookItem& b) {
  return a.entry_id == b.entry_id && a.form == b.form && a.form != Form::kFlat;
}

}  // namespace

EventItems CustomerEventItems(const CustomerEvent& event,
                              const std::string& entry_id, absl::Time now) {
  EventItems all;
  if (event.edit_zero == EditZero::kBefore ||
      event.edit_zero == EditZero::kAlone) {
    all.items.push_back(EditZeroItem(event, entry_id, now));
  }
  if (event.edit_zero == EditZero::kAlone) return all;
  all.told = all.items.size();
  all.items.push_back(ItemOf(event, entry_id, now));
  if (event.standby_copy) {
    all.items.push_back(all.items.back());
    all.items.back().form = Form::kStandby;
  }
  if (event.edit_zero == EditZero::kAfter) {
    all.items.push_back(EditZeroItem(event, entry_id, now));
  }
  return all;
}

WebhookItem EchoItem(const SentMessage& sent, absl::Time now) {
  json::object value;
  value["mid"] = sent.mid;
  if (!sent.send.text.empty()) value["text"] = sent.send.text;
  if (!sent.send.attachments.empty()) {
    value["attachments"] = sent.send.attachments;
  }
  value["is_echo"] = true;
  if (!sent.send.reply_to_mid.empty()) {
    value["reply_to"] = json::object{{"mid", sent.send.reply_to_mid}};
  }
  json::object item;
  item["sender"] = Party(sent.account_id);
  item["recipient"] = Party(sent.send.recipient_id);
  item["timestamp"] = absl::ToUnixMillis(now);
  item["message"] = std::move(value);
  return {.entry_id = sent.account_id, .value = std::move(item)};
}

std::string WebhookBody(const std::vector<const WebhookItem*>& items,
                        absl::Time now) {
  json::array entries;
  const WebhookItem* last = nullptr;
  for (const WebhookItem* item : items) {
    if (last != nullptr && ShareAnEntry(*last, *item)) {
      entries.back().get_object()[ListOf(item->form)].get_array().push_back(
          item->value);
    } else {
      entries.push_back(EntryOf(*item, now));
    }
    last = item;
  }
  json::object body;
  body["object"] = last != nullptr && last->messenger ? "page" : "instagram";
  body["entry"] = std::move(entries);
  return MetaJson(body);
}

std::string CustomerEventBody(const CustomerEvent& event,
                              const std::string& account_id, absl::Time now) {
  const WebhookItem item = ItemOf(event, account_id, now);
  return WebhookBody({&item}, now);
}

std::string EchoBody(const SentMessage& sent, absl::Time now) {
  const WebhookItem item = EchoItem(sent, now);
  return WebhookBody({&item}, now);
}

}  // namespace linktor::emulator
