// How an event is kept: without what its row's columns say already, sealed.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "linktor/instagram/v1/event.pb.h"
#include "server/base/ids.h"
#include "server/base/v1.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor {

struct EventForm {
  // The serialised Event, for subscribers.
  std::string whole;
  // The same without id, type, channel and user; sealed and stored.
  std::string stored;
};

EventForm FormOf(v1::Event event);

// Puts together what FormOf has left out, and `stored`.
std::string WholeEvent(const RawId& id, const std::string& type,
                       const std::string& channel_id,
                       const std::string& user_id, std::string_view stored);

// Opens the event, unless it is known in the clear. One whose key was destroyed
// or whose bytes are damaged keeps what is readable; the log tells of it. Fails
// only when the key cannot be read.
absl::Status OpenEvent(Sealer& sealer, CommittedEvent& event);

// `encoded` and `overlay` of an opened event as one message.
v1::Event MergeEvent(const CommittedEvent& event);

// What raw JSON is delivered in an event; of a larger item only the size is.
inline constexpr std::size_t kMaxRawJson = 256 * 1024;

// The identity under which the raw item of an event is sealed.
std::string RawItemId(std::string_view delivery_id, int position);

}  // namespace linktor
