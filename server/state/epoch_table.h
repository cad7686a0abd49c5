// The table of the lives of a log. A log begins with epoch 1, and each restore
// of a backup begins a life of its own under an epoch that is drawn at random:
// two restores of one backup have the same past and different futures, and
// neither knows of the other. Apply never writes this table, because a restore
// is no part of what happened. DataFolder reads it at the start, and a restore
// writes it; both use a connection of their own on the thread that runs them.

#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/database.h"

namespace linktor::state {

// Persisted in every cursor: do not change.
inline constexpr std::int64_t kFirstEpoch = 1;

// A FormerEpoch is a life before the present one.
struct FormerEpoch {
  std::int64_t epoch = 0;
  // It is the last event of that life which the present life has, too. There
  // may have been more, which the present one never saw.
  std::int64_t last_seq = 0;

  bool operator==(const FormerEpoch&) const = default;
};

// Returns the former lives in the order in which they were lived. An error is
// the database's.
absl::StatusOr<std::vector<FormerEpoch>> ReadFormerEpochs(
    sqlite::Database& database);

// Ends the present life with the last event that there is, and begins another
// under `epoch`, which must be new. It runs inside the caller's transaction,
// and the caller rolls back when it fails.
absl::Status BeginEpoch(sqlite::Database& database, std::int64_t epoch);

}  // namespace linktor::state
