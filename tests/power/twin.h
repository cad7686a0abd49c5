// A state on a disk that never fails, which is given the records that were
// applied on the one that does: after a power failure both must say the same.

#pragma once

#include <memory>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/batch_applier.h"
#include "server/journal/data_folder.h"
#include "tests/power/told_record.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/journal/state_dump.h"

namespace linktor {

class Twin {
 public:
  static absl::StatusOr<std::unique_ptr<Twin>> Create();

  // Applies what the other has applied. INTERNAL with a sentence when something
  // else comes of a record than came of it there.
  absl::Status Follow(std::span<const ToldRecord> told);
  // Applies records of which nobody was told what came of them.
  absl::Status Apply(std::span<const journal::Record> records);

  absl::StatusOr<journal::StateDump> Dump() const;
  // As if nothing had been applied.
  absl::Status Reset();

 private:
  Twin() = default;
  absl::StatusOr<journal::Batch> ApplyAll(journal::Batch batch);

  std::unique_ptr<TempFolder> temp_;
  std::unique_ptr<journal::DataFolder> folder_;
  std::unique_ptr<sqlite::Database> database_;
  std::unique_ptr<journal::BatchApplier> applier_;
};

}  // namespace linktor
