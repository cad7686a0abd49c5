// Makes and reads errors. An absl::Status carries the google.rpc details as
// payloads, so that a reason set deep inside reaches the caller unchanged; rpc/
// turns it into a gRPC status in one place. Every folder makes its errors for
// callers here, on any thread. All functions are pure.

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

// Names one wrong field of a request, by its path such as "content.text", and
// says what it must be.
struct FieldViolation {
  std::string field;
  std::string description;
};

// Names the limit that was reached, for google.rpc.QuotaFailure.
struct QuotaViolation {
  std::string subject;
  std::string description;
};

// Holds what goes beside code and message. All of it reaches the caller.
struct ErrorDetails {
  // Callers decide by the reason; everything else is for people.
  v1::ErrorReason reason = v1::ERROR_REASON_INTERNAL_FAULT;
  // Says what to do, and who is to do it, where the contract's words for the
  // reason do not fit; empty where they do. At most 256 bytes are kept.
  std::string remedy;
  // The keys are those that error_reason.proto documents for the reason. A
  // value is cut at 256 bytes.
  std::vector<std::pair<std::string, std::string>> metadata;
  // The same call may succeed after this time, which is given out in whole
  // milliseconds. Where it is absent, repeating the call may not help.
  std::optional<absl::Duration> retry_after;
  // Every wrong field that was found goes into google.rpc.BadRequest.
  std::vector<FieldViolation> fields;
  std::optional<QuotaViolation> quota;
};

// Returns an error with these details. `code` must be one that the contract has
// for the reason (reason_codes.h), which a debug build asserts. `message` says
// what happened and what to do. Long texts, and the last of very many fields,
// are cut, so that the error fits into a gRPC status.
absl::Status MakeError(absl::StatusCode code, std::string_view message,
                       const ErrorDetails& details);
// This is the short form for errors with a reason alone.
absl::Status MakeError(absl::StatusCode code, v1::ErrorReason reason,
                       std::string_view message);

// Returns INVALID_ARGUMENT with `reason` and every violation, which the message
// lists too; `fields` is not empty.
absl::Status InvalidFields(v1::ErrorReason reason,
                           std::vector<FieldViolation> fields);

// Returns the name as ErrorInfo spells it: "OUTSIDE_MESSAGING_WINDOW" for
// ERROR_REASON_OUTSIDE_MESSAGING_WINDOW.
std::string ReasonName(v1::ErrorReason reason);

// Returns the ErrorInfo of a status, without the contract's remedy; an empty
// one when it has none.
google::rpc::ErrorInfo ErrorInfoOf(const absl::Status& status);
// Returns the retry delay of a status; nothing when it has none.
std::optional<absl::Duration> RetryDelayOf(const absl::Status& status);

// Adds metadata to the status' ErrorInfo, or replaces that of the same key. A
// status without an ErrorInfo gets one without a reason. The value is cut at
// 256 bytes. OK statuses stay as they are.
void AddErrorMetadata(absl::Status& status, std::string_view key,
                      std::string_view value);

// Sets the retry delay of a status, or replaces the one that it has. OK
// statuses stay as they are.
void SetRetryDelay(absl::Status& status, absl::Duration delay);

// Returns the ErrorInfo of a status as clients see it: its metadata has the
// remedy, which is the contract's for the reason where the error has none of
// its own.
google::rpc::ErrorInfo ErrorInfoWithRemedy(const absl::Status& status);

// Returns the status as clients see it, with the remedy in the ErrorInfo's
// metadata. The same error is always the same bytes: the details come as
// ErrorInfo, BadRequest, PreconditionFailure, QuotaFailure, RetryInfo, Help,
// and metadata by key. An error without a reason is a fault of ours: it becomes
// INTERNAL_FAULT without its text, which may tell too much.
google::rpc::Status ToRpcStatus(const absl::Status& given);

}  // namespace linktor
