#include "server/journal/refusals.h"

#include "absl/time/time.h"
#include "server/base/status.h"

namespace linktor::journal {

absl::Status DiskFull() {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   v1::ERROR_REASON_DISK_FULL,
                   "no space is left on the server's disk; nothing was done");
}

absl::Status QueueFull() {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      "too much is waiting to be stored; nothing was done",
      {.reason = v1::ERROR_REASON_OVERLOADED, .retry_after = absl::Seconds(1)});
}

absl::Status StoreBusy() {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      "another program holds the server's database, or memory is "
      "lacking; nothing was done",
      {.reason = v1::ERROR_REASON_OVERLOADED, .retry_after = absl::Seconds(1)});
}

absl::Status StoreFailed() {
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_STORE_FAILED,
                   "the server's disk has failed; nothing was sent, and a "
                   "restart will show whether this was stored");
}

absl::Status Stopping() {
  return MakeError(absl::StatusCode::kUnavailable, v1::ERROR_REASON_DRAINING,
                   "the server is shutting down; nothing was done");
}

absl::Status CannotApply() {
  return MakeError(
      absl::StatusCode::kInternal, v1::ERROR_REASON_INTERNAL_FAULT,
      "the request could not be stored; the server's log says why");
}

}  // namespace linktor::journal
