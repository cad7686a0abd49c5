// Makes and reads errors for callers of the API. An absl::Status carries the
// details of google.rpc as payloads, so a reason that is set deep inside the
// server reaches the caller unchanged. Only the function ToGrpcStatus
// (rpc/call.h) turns such a status into a gRPC status. Code in every folder
// uses these functions, on any thread, to make the errors that callers get. All
// functions are pure.

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

// Names one wrong field of a request by its path, such as "content.text", and
// says what the field must be.
struct FieldViolation {
  std::string field;
  std::string description;
};

// Names the limit that was reached, for google.rpc.QuotaFailure.
struct QuotaViolation {
  std::string subject;
  std::string description;
};

// Holds the parts of an error besides its code and message. The caller gets all
// these parts.
struct ErrorDetails {
  // Programs decide by the reason; everything else is for people to read.
  v1::ErrorReason reason = v1::ERROR_REASON_INTERNAL_FAULT;
  // Says what must be done about the error, and who must do it.
  // error_reason.proto has a usual remedy for each reason. This member is set
  // only when the usual remedy does not fit; otherwise it is empty. At most 256
  // bytes are kept.
  std::string remedy;
  // These are pairs of a key and a value. error_reason.proto documents the keys
  // for each reason. A value is cut at 256 bytes.
  std::vector<std::pair<std::string, std::string>> metadata;
  // The same call may succeed after this time, which the caller gets in whole
  // milliseconds. When the time is absent, repeating the call may not help.
  std::optional<absl::Duration> retry_after;
  // These are all wrong fields of the request, for google.rpc.BadRequest.
  std::vector<FieldViolation> fields;
  std::optional<QuotaViolation> quota;
};

// Returns an error with these details. `code` must be one that the contract
// allows for the reason (reason_codes.h); a debug build asserts this. `message`
// says what happened and what to do. Long texts are cut, and when there are
// very many wrong fields, the last fields are left out, so that the error fits
// into a gRPC status.
absl::Status MakeError(absl::StatusCode code, std::string_view message,
                       const ErrorDetails& details);
// Returns an error that has a reason and no other details.
absl::Status MakeError(absl::StatusCode code, v1::ErrorReason reason,
                       std::string_view message);

// Returns INVALID_ARGUMENT with `reason` and all violations; the message lists
// the violations, too. `fields` must not be empty.
absl::Status InvalidFields(v1::ErrorReason reason,
                           std::vector<FieldViolation> fields);

// Returns the name of the reason as ErrorInfo spells it: without the prefix
// "ERROR_REASON_". For ERROR_REASON_OUTSIDE_MESSAGING_WINDOW the name is
// "OUTSIDE_MESSAGING_WINDOW".
std::string ReasonName(v1::ErrorReason reason);

// Returns the ErrorInfo that is stored in a status. It does not add the remedy
// that error_reason.proto has for the reason; ErrorInfoWithRemedy does. Returns
// an empty ErrorInfo when the status has none.
google::rpc::ErrorInfo ErrorInfoOf(const absl::Status& status);
// Returns the retry delay of a status, or nullopt when the status has none.
std::optional<absl::Duration> RetryDelayOf(const absl::Status& status);

// Adds a key and a value to the metadata of the status' ErrorInfo, or replaces
// the value that the key has. A status without an ErrorInfo gets a new
// ErrorInfo that has no reason. The value is cut at 256 bytes. An OK status
// stays as it is.
void AddErrorMetadata(absl::Status& status, std::string_view key,
                      std::string_view value);

// Sets the retry delay of a status, or replaces the delay that it has. An OK
// status stays as it is.
void SetRetryDelay(absl::Status& status, absl::Duration delay);

// Returns the ErrorInfo of a status as clients see it: its metadata has a
// remedy. When the error has no remedy of its own, this is the remedy that
// error_reason.proto has for the reason.
google::rpc::ErrorInfo ErrorInfoWithRemedy(const absl::Status& status);

// Returns the status as clients see it, with the remedy in the ErrorInfo's
// metadata. The same error always gives the same bytes. The details come in
// this order: ErrorInfo, BadRequest, PreconditionFailure, QuotaFailure,
// RetryInfo, Help; metadata is sorted by key. When an error has no reason, this
// is a fault in this server. Then the client gets INTERNAL_FAULT without the
// error's text, because the text may tell a client too much.
google::rpc::Status ToRpcStatus(const absl::Status& given);

}  // namespace linktor
