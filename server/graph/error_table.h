// Meta's list of errors, as data: what each of them means to a caller of this
// server, and whether a send may have been processed all the same. error_map
// is its only user. Pure.

#pragma once

#include <span>

#include "absl/status/status.h"
#include "linktor/instagram/v1/error_reason.pb.h"
#include "server/base/v1.h"

namespace linktor {

// A row with this subcode is for every subcode that has no row of its own.
inline constexpr int kAnySubcode = 0;
// The path of the call names no object. It names our page or account, never the
// recipient.
inline constexpr int kNoObjectSubcode = 33;

struct GraphMeaning {
  // Meta's numbers of the error; both are 0 where only the HTTP status is
  // known.
  int code;
  int subcode;
  // It is never UNAUTHENTICATED or PERMISSION_DENIED: those speak of the
  // caller's key to this server, and callers react to them by changing that
  // key. Where Meta refuses the token, the app or the account, or misses a
  // permission, it is FAILED_PRECONDITION.
  absl::StatusCode canonical;
  v1::ErrorReason reason;
  // It says what the error means and what to do.
  const char* text;
  // Whether a send may have been processed.
  bool ambiguous = false;
};

// Returns all rows; those with a subcode come before the row of their code
// alone.
std::span<const GraphMeaning> GraphMeanings();

// Returns the row for an error of Meta's; null when the list has none.
const GraphMeaning* FindGraphMeaning(int code, int subcode);

// Returns the meaning of an error that is not on the list, judged by what else
// Meta says: whether it calls the error transient, then the HTTP status.
GraphMeaning MeaningOfHttpStatus(int http_status, bool transient);

}  // namespace linktor
