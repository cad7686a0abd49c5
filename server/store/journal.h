// The only way to write. A record is durable and applied when its callback is
// called with its outcome.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "server/store/records.h"

namespace linktor {

// The seam behind which another engine can stand.
class Journal {
 public:
  // Errors: RESOURCE_EXHAUSTED (OVERLOADED, DISK_FULL) and UNAVAILABLE with
  // DRAINING: not stored. UNAVAILABLE with STORE_FAILED: the disk failed; a
  // record whose commit it was may turn out to be stored after a restart.
  // INTERNAL (INTERNAL_FAULT): the record cannot be applied, and is not stored.
  using Callback = absl::AnyInvocable<void(absl::StatusOr<Outcome>)>;

  virtual ~Journal() = default;
  // Thread-safe. `done` is called once, on the writer's thread or, when the
  // record is refused at once, on this one; it must not block or append and
  // wait.
  virtual void Append(Record record, Callback done) = 0;
};

// Appends and waits. Not from the writer's thread.
absl::StatusOr<Outcome> AppendAndWait(Journal& journal, Record record);

// The outcome of a record of a known kind.
template <typename T>
absl::StatusOr<T> AppendAs(Journal& journal, Record record) {
  absl::StatusOr<Outcome> outcome = AppendAndWait(journal, std::move(record));
  if (!outcome.ok()) return outcome.status();
  return std::get<T>(*std::move(outcome));
}

}  // namespace linktor
