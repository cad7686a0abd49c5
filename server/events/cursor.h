// A CursorCodec writes and reads cursors: positions in the log, in the form in
// which clients keep them. It is constant once it is made, so every thread may
// call it. It does not read the disk. EventLog has one, and so have the lists
// of events, messages and conversations.

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

// A cursor says "everything up to and including this sequence has been seen".
// It also names the life of the log that gave it out. A log has several lives
// when it was restored: each restore of a backup begins another life (see
// state/epoch_table.h). The number of a life is its epoch.
//
// As text a cursor is URL-safe base64 of version 1 ‖ log id (8) ‖ epoch (4) ‖
// sequence (8) ‖ trunk (8) ‖ the first 4 bytes of SHA-256 over all bytes
// before. The figures in brackets are sizes in bytes, and ‖ joins the parts.
// Clients must not look inside a cursor. Clients store cursors: do not change
// the form, but add a version.
//
// Lives that come from backups of one log know nothing of each other, but all
// of them begin with events of the first life. The trunk of a life is the last
// event of the first life that it has. Two lives have the same events up to the
// lower of their two trunks. So the trunk tells from where on the holder of
// another life's cursor may have missed something. The trunk of the first life
// itself is kWholeLog.
class CursorCodec {
 public:
  // This number is greater than every sequence, so a life with this trunk
  // shares all of its events with the first life. Cursors contain the number:
  // do not change it.
  static constexpr std::int64_t kWholeLog =
      std::numeric_limits<std::int64_t>::max();

  // `identity` names the log, its present life and its former lives. The first
  // former life in the list is the log's first life. The trunk of the present
  // life is the last event that the present life has in common with the first
  // life.
  explicit CursorCodec(journal::LogIdentity identity);

  // Returns the cursor of this sequence in the present life; 0 is the position
  // before the first event.
  std::string Encode(std::int64_t seq) const;

  // Returns the sequence of the cursor. `last_seq` is the present end of the
  // log. It fails with CURSOR_INVALID when the cursor is damaged or belongs to
  // another log.
  //
  // It fails with CURSOR_REWOUND when the present life may lack events that the
  // holder of the cursor has seen. There are three such cases: the cursor is
  // beyond the end of the log; it is beyond the last event that its life has in
  // common with the present life; or its life is not known here. The metadata
  // of this error has the last cursor at which the holder can start again and
  // miss nothing.
  absl::StatusOr<std::int64_t> Decode(std::string_view cursor,
                                      std::int64_t last_seq) const;

 private:
  // A Place is the position that a cursor of this log names.
  struct Place {
    std::int64_t epoch = 0;
    std::int64_t seq = 0;
    std::int64_t trunk = 0;
  };
  // Takes the text apart. It fails with CURSOR_INVALID for a text that Encode
  // cannot have written in any life of this log.
  absl::StatusOr<Place> Read(std::string_view cursor) const;
  // Returns the last event that the present life has in common with the
  // cursor's life. Returns nothing when the cursor's life is not known here.
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
