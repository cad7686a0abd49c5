// Makes a new event of a parsed item: the second of an event's three shapes.
// The item says a part of the event. All else that this server knows of it is
// put in here and nowhere else. Ingest calls it for each item that becomes an
// event, from the threads of the listener. Pure.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "linktor/instagram/v1/event.pb.h"
#include "server/channels/registry.h"
#include "server/journal/record.pb.h"
#include "server/webhook/parser.h"

namespace linktor::webhook {

// It has all that is known of an item's event besides what the item says. It
// borrows its references and views for the one call.
struct EventSetting {
  // The channel that the item belongs to.
  const channels::ChannelEntry& channel;
  // The event as the journal gets it, with its id, type, channel, customer and
  // time; what is sealed is not there yet.
  const journal::NewEvent& event;
  // The raw id of the delivery, not yet in the form that the API shows.
  std::string_view delivery_id;
  // The key of the item's own mid; empty for tests and items without a mid.
  std::string_view mid_key;
  // The customer's user name; empty when it is not known.
  std::string username;
  // The arrival in milliseconds since the epoch.
  std::int64_t receive_ms = 0;
  // True when the Test button of Meta's dashboard sent the item.
  bool test = false;
};

// Returns the whole event but for its cursor and what only the tables know,
// such as which send an echo belongs to. Moves out of `parsed` what the event
// says; its ids, times and form stay.
v1::Event MakeNewEvent(ParsedItem& parsed, const EventSetting& setting);

}  // namespace linktor::webhook
