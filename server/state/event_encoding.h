// How an event is kept: its row's columns have the id, type, channel and
// customer, and the rest is sealed, without what its message says again.
// Appenders take an event apart before they append it; the ring and EventReader
// put it together. The
// functions are thread-safe; OpenEvent alone may block, on a read of its key.

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

namespace linktor::state {

// An EventEncoding is one event in two encodings.
struct EventEncoding {
  // The serialised Event, for subscribers. It goes with the record as
  // ClearEvents and is not written to the disk.
  std::string whole;
  // The same without id, type, channel and user, and without those within its
  // message; it is sealed and stored.
  std::string stored;
};

// Returns both encodings. `event` has no cursor yet, because its place in the
// log is not known.
EventEncoding EncodeNewEvent(v1::Event event);

// Returns the serialised Event of these fields and of `stored`, as
// EncodeNewEvent has made it; with an empty `stored` it is an event without
// content.
std::string WholeEvent(const RawId& id, const std::string& type,
                       const std::string& channel_id,
                       const std::string& user_id, std::string_view stored);

// Sets `encoded` and empties `sealed`, unless the event is known in the clear
// already. An event that was erased has no content then. Neither has one whose
// key was destroyed or whose bytes are damaged, which the log tells. It fails,
// and leaves the event as it was, only when the key cannot be read.
absl::Status OpenEvent(seal::Sealer& sealer, CommittedEvent& event);

// Returns `encoded` and `decided` of an opened event as one message. The event
// must have been opened, because `encoded` must not be null.
v1::Event MergeEvent(const CommittedEvent& event);

// Returns the bytes that stand in `decided` of an event whose person was
// erased: an Event with the field `erased`.
const std::string& ErasedMark();

// Raw JSON of up to so many bytes is delivered in an event; for a larger item
// only its size is, so that a message stays below the 1 MiB that
// docs/clients.md promises.
inline constexpr std::size_t kMaxRawJson = 256 * 1024;

// Returns the id under which the item as received of an event is sealed. It is
// part of what is sealed on the disk: do not change it.
std::string RawItemId(std::string_view delivery_id, int position);

}  // namespace linktor::state
