// What subscribers are told of an item. Pure.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "linktor/instagram/v1/event.pb.h"
#include "server/channels/registry.h"
#include "server/journal/record.pb.h"
#include "server/webhook/parser.h"

namespace linktor {

// "message.received".
std::string_view EventTypeOf(ItemType type);
// What the item's mid makes unique.
journal::ItemKind KindOf(ItemType type);

// Everything that is known of an item's event besides what the item says.
struct EventFrame {
  const ChannelEntry& channel;
  const journal::NewEvent& event;
  std::string_view delivery_id;
  // The item's own; empty for tests and items without a mid.
  std::string_view mid_key;
  std::string username;
  std::int64_t receive_ms = 0;
  bool test = false;
};

// The whole event but for cursor and what only the tables know. Moves out what
// it says of `parsed`.
v1::Event DescribeItem(ParsedItem& parsed, const EventFrame& frame);

}  // namespace linktor
