// Turns the body of a webhook POST into items. Pure: bytes in, values out.
//
// Nothing is dropped: every item of every entry comes out, in order; what is
// not modelled, or has a wrong type somewhere, as ItemType::kUnknown with what
// did not fit; what is not JSON as an issue. One bad item never spoils its
// neighbours. Only of what a body has beyond any of Instagram's, those that say
// nothing are kept together: see kMaxUnknownItems.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "linktor/instagram/v1/event.pb.h"
#include "server/base/v1.h"

namespace linktor {

// Where in the envelope an item was. Persisted with raw items: do not change.
enum class EnvelopeForm : std::int8_t {
  // The whole body, when it is no envelope.
  kBody = 0,
  kMessaging = 1,
  kStandby = 2,
  // entry.changes[].value with its field.
  kChanges = 3,
  // entry.field and entry.value.
  kFlat = 4,
  // Another member of the entry, or the entry itself.
  kEntry = 5,
};

enum class ItemType : std::int8_t {
  kMessage,
  kEcho,
  // Messages that are something more special.
  kQuickReply,
  kStoryReply,
  kStoryMention,
  kProductShare,
  // A button, menu entry or ice breaker was tapped.
  kPostback,
  kReaction,
  // message_edit with num_edit 0: accompanies every message, says nothing.
  kIgnored,
  kUnknown,
  // Not JSON, or no Instagram envelope.
  kIssue,
};

// Instagram sends at most 1,000 updates at a time. When a body has had so many
// unknown items, those that follow are an issue: one for all until the next
// item that is known.
inline constexpr int kMaxUnknownItems = 1000;

struct ParsedItem {
  ItemType type = ItemType::kUnknown;
  // How many this stands for: more than one only for the issue above.
  std::int64_t count = 1;
  EnvelopeForm form = EnvelopeForm::kMessaging;
  // As received; into the body.
  std::string_view raw;
  std::string entry_id;
  // The customer; empty when the item names none.
  std::string user_id;
  // Instagram's time, ms since the epoch; 0 when it gave none.
  std::int64_t event_ms = 0;
  // Of all that are messages: filled except for ids of ours.
  v1::Message message;
  // Of the special ones, postbacks and reactions: the event's payload, without
  // the message within it and without what only this server knows.
  v1::Event payload;
  // A customer's activity that opens the messaging window.
  bool opens_window = false;
  // Of kUnknown: see UnknownItem. Of kIssue: `problem` only.
  std::string kind;
  std::string problem;
  std::string json_path;
  // What makes two deliveries of a thing without a mid the same: a hash of the
  // item that does not depend on the order of its keys, for a reaction of what
  // it says. 32 bytes; empty for issues.
  std::string content_hash;
};

// Instagram's id of the item itself; empty when it has none. A reaction has
// none: its mid is that of the message reacted to.
inline const std::string& MidOf(const ParsedItem& item) {
  return item.type == ItemType::kPostback ? item.payload.postback().mid()
                                          : item.message.mid();
}

// Calls `use` with one item after the other, at least one, and lets it move out
// what it wants of them. `body` must be followed by kBodySlack readable bytes
// (see http/message.h). The memory this takes is bounded by the body's size,
// not by what is in it.
void ParseWebhook(std::string_view body,
                  absl::FunctionRef<void(ParsedItem&)> use);

// A time as Instagram gives it: a number or text of seconds or milliseconds,
// or ISO 8601. 0 when it is none of these or before 1970.
std::int64_t ParseEventTime(std::string_view text);
std::int64_t EventTimeOf(std::int64_t number);

}  // namespace linktor
