// A CursorCodec writes and reads positions in the log as clients hold them. It
// is constant once it is made, so every thread may call it, and it reads no
// disk. EventLog has the only one.

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/data_folder.h"

namespace linktor::events {

// A cursor says "everything up to and including this sequence has been seen",
// in the life of the log that gave it out (state/epoch_table.h). As text:
// URL-safe base64 of version 1 ‖ log id (8) ‖ epoch (4) ‖ sequence (8) ‖ trunk
// (8) ‖ the first 4 bytes of SHA-256 over all that. Clients must not look
// inside. Persisted by clients: do not change, add a version.
//
// Lives that come from backups of one log know nothing of each other, but all
// of them begin with events of the first one. The trunk is the last of those:
// up to the lower trunk of two lives, their events are the same. Without it
// nobody could say from where on the holder of another life's cursor has missed
// something. The first life's trunk is kWholeLog.
class CursorCodec {
 public:
  // It is greater than every sequence, so a life with this trunk shares all of
  // its events with the first life. It is in cursors: do not change it.
  static constexpr std::int64_t kWholeLog =
      std::numeric_limits<std::int64_t>::max();

  // `identity` names the log, its present life and the former ones, of which
  // the first in the list has left the present life its trunk.
  explicit CursorCodec(journal::LogIdentity identity);

  // Returns the cursor of that sequence in the present life; 0 is the position
  // before the first event.
  std::string Encode(std::int64_t seq) const;

  // Returns the sequence of the cursor. `last_seq` is the end of the log now.
  // Fails with CURSOR_INVALID when the cursor is damaged or of another log, and
  // with CURSOR_REWOUND when the present life does not have what the cursor's
  // holder has seen: it is beyond the end of the log, beyond where the present
  // life has left the cursor's, or of a life that is not known here. Its
  // metadata name the last place at which nothing can have been missed.
  absl::StatusOr<std::int64_t> Decode(std::string_view cursor,
                                      std::int64_t last_seq) const;

 private:
  // A Place is what a cursor of this log says.
  struct Place {
    std::int64_t epoch = 0;
    std::int64_t seq = 0;
    std::int64_t trunk = 0;
  };
  // Takes the text apart. It fails with CURSOR_INVALID for a text that Encode
  // would not have written for this log in one of its lives.
  absl::StatusOr<Place> Read(std::string_view cursor) const;
  // Returns the last event that the present life shares with the cursor's;
  // nothing when that life is not known here.
  std::optional<std::int64_t> SharedWith(const Place& place,
                                         std::int64_t last_seq) const;

  const journal::LogIdentity identity_;
  const std::int64_t trunk_;
  // Every cursor of the present life begins with these bytes: version, log id
  // and epoch.
  std::string prefix_;
};

// Returns OUT_OF_RANGE with CURSOR_EXPIRED: events that would follow are no
// longer kept, of which `oldest_seq` is the first that is. Its metadata has the
// cursor before that one.
absl::Status CursorExpired(const CursorCodec& cursors, std::int64_t oldest_seq);

}  // namespace linktor::events
