// How errors are made and read. An absl::Status carries the google.rpc details
// as payloads, so that a reason set deep inside reaches the caller unchanged;
// rpc/ turns it into a gRPC status in one place.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "linktor/instagram/v1/error_reason.pb.h"
#include "server/base/v1.h"

namespace linktor {

// One wrong field of a request.
struct FieldViolation {
  std::string field;
  std::string description;
};

// The limit that was reached, for google.rpc.QuotaFailure.
struct QuotaViolation {
  std::string subject;
  std::string description;
};

// What goes beside code and message.
struct ErrorDetails {
  v1::ErrorReason reason = v1::ERROR_REASON_INTERNAL_FAULT;
  // Says what to do, and who is to do it, where the contract's words for the
  // reason do not fit; empty where they do. At most 256 bytes are kept.
  std::string remedy;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::optional<absl::Duration> retry_after;
  std::vector<FieldViolation> fields;
  std::optional<QuotaViolation> quota;
};

// `code` must be one that the contract has for the reason (reason_codes.h),
// which a debug build asserts. `message` says what happened and what to do.
// What would not fit into a gRPC status is cut: long texts, and the last of
// very many fields.
absl::Status MakeError(absl::StatusCode code, std::string_view message,
                       const ErrorDetails& details);
// The short form for errors with a reason alone.
absl::Status MakeError(absl::StatusCode code, v1::ErrorReason reason,
                       std::string_view message);

// INVALID_ARGUMENT with `reason` and every violation; `fields` is not empty.
absl::Status InvalidFields(v1::ErrorReason reason,
                           std::vector<FieldViolation> fields);

// "OUTSIDE_MESSAGING_WINDOW" for ERROR_REASON_OUTSIDE_MESSAGING_WINDOW.
std::string ReasonName(v1::ErrorReason reason);

// The ErrorInfo of a status; empty when it has none.
google::rpc::ErrorInfo ErrorInfoOf(const absl::Status& status);
// The retry delay of a status, if it has one.
std::optional<absl::Duration> RetryDelayOf(const absl::Status& status);

// Adds metadata to the status' ErrorInfo.
void AddErrorMetadata(absl::Status& status, std::string_view key,
                      std::string_view value);

// Returns the ErrorInfo of a status as clients see it: its metadata has the
// remedy, the contract's for the reason where the error has none of its own.
google::rpc::ErrorInfo ErrorInfoWithRemedy(const absl::Status& status);

// The status as clients see it, with the remedy in the ErrorInfo's metadata.
// The same error is always the same bytes: the details come as ErrorInfo,
// BadRequest, PreconditionFailure, QuotaFailure, RetryInfo, Help, and metadata
// by key.
// One without a reason is a fault of ours: it becomes INTERNAL_FAULT without
// its text, which may tell too much.
google::rpc::Status ToRpcStatus(const absl::Status& given);

}  // namespace linktor
