// What callers of the API are told when the journal does not take a record. The
// engines use these, so that a refusal reads the same whichever engine makes
// it. Each call makes a new status. Pure.

#pragma once

#include "absl/status/status.h"

namespace linktor::journal {

// RESOURCE_EXHAUSTED, DISK_FULL: no space is left on the disk.
absl::Status DiskFull();
// RESOURCE_EXHAUSTED, OVERLOADED: too many bytes wait to be stored.
absl::Status QueueFull();
// RESOURCE_EXHAUSTED, OVERLOADED: the database is locked, or memory is lacking.
absl::Status StoreBusy();
// UNAVAILABLE, STORE_FAILED: the disk has failed.
absl::Status StoreFailed();
// UNAVAILABLE, DRAINING: the server is shutting down.
absl::Status Stopping();
// INTERNAL, INTERNAL_FAULT: the record cannot be applied.
absl::Status CannotApply();

}  // namespace linktor::journal
