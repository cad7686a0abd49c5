// These functions convert an event between its stored form and the form that
// callers get. The columns of an event's row have its id, type, channel and
// customer. The other fields of the event are sealed (encrypted). A message in
// the event repeats some fields of the event, and these copies are left out.
// EncodeNewEvent splits an event before it is appended. EventReader and the
// event log (events/event_log.h) put it together again. The functions are
// thread-safe. Only OpenEvent may block, when it reads a key from the disk.

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
  // This is the serialised Event, for subscribers. It goes with the record as
  // ClearEvents (effects.h) and is not written to the disk.
  std::string whole;
  // This is the same Event without id, type, channel and user, and without the
  // fields of its message that only repeat fields of the event. These bytes are
  // sealed and stored.
  std::string stored;
};

// Returns both encodings. `event` has no cursor yet, because its position in
// the log is not known yet.
EventEncoding EncodeNewEvent(v1::Event event);

// Returns the serialised Event that has these fields and the content of
// `stored`, which EncodeNewEvent has made. When `stored` is empty, the result
// is an event without content.
std::string WholeEvent(const RawId& id, const std::string& type,
                       const std::string& channel_id,
                       const std::string& user_id, std::string_view stored);

// Opens (decrypts) the event: it sets `encoded` and empties `sealed`. It does
// nothing when `encoded` is set already, because then the event is known in the
// clear (not encrypted). An event that was erased has no content afterwards. An
// event whose key was destroyed, or whose bytes are damaged, has no content
// either; OpenEvent logs this. It fails, and leaves the event as it was, only
// when the key cannot be read.
absl::Status OpenEvent(seal::Sealer& sealer, CommittedEvent& event);

// Returns `encoded` and `decided` of an event as one message. `encoded` must
// not be null, so the event must have been opened before.
v1::Event MergeEvent(const CommittedEvent& event);

// Returns the bytes that `decided` has for an event whose person was erased: an
// Event in which only the field `erased` is set.
const std::string& ErasedMark();

// When a caller asks for the raw JSON of the items, an event carries the JSON
// of its item if this JSON has at most this many bytes. For a larger item the
// event carries only the size. So a gRPC message stays below the 1 MiB that
// docs/clients.md promises.
inline constexpr std::size_t kMaxRawJson = 256 * 1024;

// Returns the id together with which the received item of an event is sealed.
// The item can be opened only with the same id, so do not change how the id is
// made.
std::string RawItemId(std::string_view delivery_id, int position);

}  // namespace linktor::state
