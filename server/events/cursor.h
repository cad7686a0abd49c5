// Positions in the log as clients hold them. Pure.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/store/store.h"

namespace linktor {

// A cursor says "everything up to and including this sequence has been seen".
// As text: URL-safe base64 of version 1 ‖ log id (8) ‖ epoch (4) ‖ sequence (8)
// ‖ the first 4 bytes of SHA-256 over all that. Clients must not look inside.
// Persisted by clients: do not change, add a version.
class CursorCodec {
 public:
  explicit CursorCodec(const LogIdentity& identity);

  std::string Encode(std::int64_t seq) const;

  // CURSOR_INVALID when it is damaged or of another log; CURSOR_REWOUND, with
  // where to start again, when the log has been set back behind it.
  absl::StatusOr<std::int64_t> Decode(std::string_view cursor,
                                      std::int64_t last_seq) const;

 private:
  const std::int64_t epoch_;
  // Version, log id and epoch.
  std::string prefix_;
};

}  // namespace linktor
