// This is the table of the former lives of an event log. The first life begins
// when the log is made. Each restore of a backup ends a life and begins another
// one. The first life has epoch 1, and every later life has an epoch that is
// drawn at random. So two restores of one backup have different epochs. This is
// necessary: both logs begin with the same events, but their later events
// differ, and neither server knows of the other log. Apply never writes this
// table, because a restore is no record of the journal. DataFolder reads the
// table at the start, and a restore writes it. Each of them uses its own
// connection, on its own thread.

#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/database.h"

namespace linktor::state {

// The number is persisted in every cursor: do not change it.
inline constexpr std::int64_t kFirstEpoch = 1;

// A FormerEpoch is a life before the present life.
struct FormerEpoch {
  std::int64_t epoch = 0;
  // This is the sequence of the last event that the former life and the present
  // life have in common. The former life may have had later events, which the
  // present life has never seen.
  std::int64_t last_seq = 0;

  bool operator==(const FormerEpoch&) const = default;
};

// Returns the former lives, the oldest first. Every error comes from the
// database.
absl::StatusOr<std::vector<FormerEpoch>> ReadFormerEpochs(
    sqlite::Database& database);

// Ends the present life at the last event of the log, and begins another life
// under `epoch`, which must be new. It runs inside the caller's transaction.
// When BeginEpoch fails, the caller rolls the transaction back.
absl::Status BeginEpoch(sqlite::Database& database, std::int64_t epoch);

}  // namespace linktor::state
