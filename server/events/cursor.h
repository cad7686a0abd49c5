// A CursorCodec writes and reads cursors. A cursor is a position in the log of
// events, as a text that clients keep. A CursorCodec is constant once it is
// made, so every thread may call it. It does not read the disk. EventLog has a
// CursorCodec, and so have EventList, MessageList and Conversations
// (messaging/).

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

// A cursor has a sequence, which is the number of an event in the log. It says
// "everything up to and including this sequence has been seen". It also names
// the life of the log in which the cursor was made. The first life of a log
// begins when the log is made, and each restore of a backup begins another life
// (see state/epoch_table.h). The number of a life is its epoch.
//
// As text a cursor is URL-safe base64 of version 1 ‖ log id (8) ‖ epoch (4) ‖
// sequence (8) ‖ trunk (8) ‖ the first 4 bytes of SHA-256 over all bytes
// before. The figures in brackets are sizes in bytes, and ‖ joins the parts.
// Clients must not look inside a cursor. Clients store cursors: do not change
// the format, but add a version.
//
// The trunk is there for two servers that are restored from backups of one log.
// Each of them has a life of its own and does not know the life of the other.
// But both logs begin with the same events of the first life. The trunk of a
// life is the last event of the first life that this life still has. Two lives
// have the same events up to the lower of their two trunks. So a server that
// gets a cursor of a life that it does not know can still tell up to which
// event the client has missed nothing. The trunk of the first life itself is
// kWholeLog.
class CursorCodec {
 public:
  // This number is greater than every sequence, so a life with this trunk
  // shares all of its events with the first life. Cursors contain the number:
  // do not change it.
  static constexpr std::int64_t kWholeLog =
      std::numeric_limits<std::int64_t>::max();

  // `identity` names the log, its present life and its former lives. Its list
  // of former lives begins with the log's first life. From this entry the
  // constructor takes the trunk of the present life: the last event that the
  // present life has in common with the first life. If the list is empty, the
  // present life is the first one, and its trunk is kWholeLog.
  explicit CursorCodec(journal::LogIdentity identity);

  // Returns the cursor of this sequence in the present life; 0 is the position
  // before the first event.
  std::string Encode(std::int64_t seq) const;

  // Returns the sequence of the cursor. `last_seq` is the sequence of the last
  // event in the log now. Decode fails with CURSOR_INVALID when the cursor is
  // damaged or belongs to another log.
  //
  // Decode fails with CURSOR_REWOUND when the present life may lack events that
  // the holder of the cursor has seen. This is so in three cases:
  // - The cursor is beyond the end of the log.
  // - The cursor is beyond the last event that its life has in common with the
  //   present life.
  // - The log does not know the cursor's life.
  //
  // The metadata of CURSOR_REWOUND has the last cursor at which the holder can
  // start again and miss nothing.
  absl::StatusOr<std::int64_t> Decode(std::string_view cursor,
                                      std::int64_t last_seq) const;

 private:
  // A Place is what a cursor of this log says: a sequence, and the epoch and
  // the trunk of its life.
  struct Place {
    std::int64_t epoch = 0;
    std::int64_t seq = 0;
    std::int64_t trunk = 0;
  };
  // Takes the text apart. It fails with CURSOR_INVALID for a text that Encode
  // cannot have written in any life of this log.
  absl::StatusOr<Place> Read(std::string_view cursor) const;
  // Returns the last event that the present life has in common with the
  // cursor's life. Returns nullopt when the log does not know the cursor's
  // life.
  std::optional<std::int64_t> SharedWith(const Place& place,
                                         std::int64_t last_seq) const;

  const journal::LogIdentity identity_;
  const std::int64_t trunk_;
  // Every cursor of the present life begins with these bytes: version, log id
  // and epoch.
  std::string prefix_;
};

// Returns OUT_OF_RANGE with CURSOR_EXPIRED, which says that the events after a
// cursor are no longer kept. `oldest_seq` is the oldest event that is kept. The
// metadata has the cursor just before that event.
absl::Status CursorExpired(const CursorCodec& cursors, std::int64_t oldest_seq);

}  // namespace linktor::events
