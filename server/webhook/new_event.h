// Makes a new event from a parsed item. An event has three shapes: ParsedItem
// (kinds/parsed_item.h), then the new event of this file, and then
// CommittedEvent (state/rows.h), which has its place in the log. The parsed
// item has only a part of the event. MakeNewEvent adds everything else that
// this server knows before the event goes to the journal. Only the facts of the
// state's tables are missing then, and Apply (state/applier.h) adds them.
// EventMaker calls MakeNewEvent for each item that becomes an event, on the
// listener's threads and on the executor. The function is pure.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "linktor/instagram/v1/event.pb.h"
#include "server/channels/registry.h"
#include "server/journal/record.pb.h"
#include "server/webhook/parser.h"

namespace linktor::webhook {

// An EventSetting has everything that is known about an item's event and is not
// in the item. It borrows its references and views for one call.
struct EventSetting {
  // This is the channel that the item belongs to.
  const channels::ChannelEntry& channel;
  // This is the event as the journal record has it. It has its id, type,
  // channel, customer and time. The sealed content is not there yet.
  const journal::NewEvent& event;
  // This is the id of the delivery in bytes, not the text that the API shows.
  std::string_view delivery_id;
  // This is the hash of the channel and of the item's own mid (MidKey of
  // state/identity.h). It is empty for tests and for items without a mid.
  std::string_view mid_key;
  // This is the customer's user name; it is empty when it is not known.
  std::string username;
  // This is the time at which the delivery came, in milliseconds since the
  // epoch.
  std::int64_t receive_ms = 0;
  // It is true when the Test button of Meta's dashboard sent the item.
  bool test = false;
};

// Returns the whole event without its cursor and without the facts that only
// the state's tables know, such as the send to which an echo belongs. It moves
// the content of the event out of `parsed`. The ids, times and form of `parsed`
// stay there.
v1::Event MakeNewEvent(ParsedItem& parsed, const EventSetting& setting);

}  // namespace linktor::webhook
