// How an event is kept: without what its row's columns say already.

#pragma once

#include <string>
#include <string_view>

#include "linktor/instagram/v1/event.pb.h"
#include "server/base/ids.h"
#include "server/base/v1.h"

namespace linktor {

struct EventForm {
  // The serialised Event, for subscribers.
  std::string whole;
  // The same without id, type, channel and user; sealed and stored.
  std::string stored;
};

EventForm FormOf(v1::Event event);

// From what FormOf has left out, and `stored`.
std::string WholeEvent(const RawId& id, const std::string& type,
                       const std::string& channel_id,
                       const std::string& user_id, std::string_view stored);

}  // namespace linktor
