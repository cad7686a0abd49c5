// These functions make the errors that callers of the API get when the journal
// does not store a record. All engines (implementations of Journal, see
// journal.h) use them, so that a refusal reads the same in every engine. Each
// call makes a new status. The functions are pure.

#pragma once

#include "absl/status/status.h"

namespace linktor::journal {

// Returns RESOURCE_EXHAUSTED with DISK_FULL: no space is left on the disk.
absl::Status DiskFull();
// Returns RESOURCE_EXHAUSTED with OVERLOADED: too many bytes wait to be stored.
absl::Status QueueFull();
// Returns RESOURCE_EXHAUSTED with OVERLOADED: another program has locked the
// database, or there is not enough memory.
absl::Status StoreBusy();
// Returns UNAVAILABLE with STORE_FAILED: the disk has failed, so nothing can be
// stored until the server is started again.
absl::Status StoreFailed();
// Returns UNAVAILABLE with DRAINING: the server is shutting down.
absl::Status Stopping();
// Returns INTERNAL with INTERNAL_FAULT: the record cannot be applied.
absl::Status CannotApply();

}  // namespace linktor::journal
