// The lives of a log. A log begins with epoch 1, and each restore of a backup
// begins a life of its own under an epoch drawn at random: two restores of one
// backup have the same past and different futures, and neither knows of the
// other. Apply never writes these: they are no part of what happened.

#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/database.h"

namespace linktor {

// Persisted in every cursor: do not change.
inline constexpr std::int64_t kFirstEpoch = 1;

// A life before the present one.
struct FormerEpoch {
  std::int64_t epoch = 0;
  // The last event that the present life has of it. It may have had more, which
  // the present one never saw.
  std::int64_t last_seq = 0;

  bool operator==(const FormerEpoch&) const = default;
};

// Returns them in the order in which they were lived.
absl::StatusOr<std::vector<FormerEpoch>> ReadFormerEpochs(Database& database);

// Ends the present life with the last event there is, and begins another. It
// runs inside the caller's transaction.
absl::Status BeginEpoch(Database& database, std::int64_t epoch);

}  // namespace linktor
