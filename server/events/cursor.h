// Positions in the log as clients hold them. Pure.

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/data_folder.h"

namespace linktor {

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
  static constexpr std::int64_t kWholeLog =
      std::numeric_limits<std::int64_t>::max();

  explicit CursorCodec(LogIdentity identity);

  std::string Encode(std::int64_t seq) const;

  // CURSOR_INVALID when it is damaged or of another log. CURSOR_REWOUND when
  // the present life does not have what the cursor's holder has seen: it is
  // beyond the end of the log, beyond where the present life has left the
  // cursor's, or of a life that is not known here. Its metadata name the last
  // place at which nothing can have been missed.
  absl::StatusOr<std::int64_t> Decode(std::string_view cursor,
                                      std::int64_t last_seq) const;

 private:
  struct Place {
    std::int64_t epoch = 0;
    std::int64_t seq = 0;
    std::int64_t trunk = 0;
  };
  absl::StatusOr<Place> Read(std::string_view cursor) const;
  // The last event that the present life shares with the cursor's; nothing when
  // that life is not known here.
  std::optional<std::int64_t> SharedWith(const Place& place,
                                         std::int64_t last_seq) const;

  const LogIdentity identity_;
  const std::int64_t trunk_;
  // Version, log id and epoch.
  std::string prefix_;
};

}  // namespace linktor
