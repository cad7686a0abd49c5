// Holds Meta's list of errors, as data: what each of them means to a caller of
// this server, what to do about it, and whether a send may have been processed
// all the same. error_map is its only user. Pure.

#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "linktor/instagram/v1/error_reason.pb.h"
#include "server/base/v1.h"

namespace linktor::graph {

// A row with this subcode is for every subcode that has no row of its own.
inline constexpr int kAnySubcode = 0;

// Says whether a send that ended like this may have been processed: kNone when
// Meta certainly did nothing, kUnclear when nobody can know.
enum class GraphEffect { kNone, kUnclear };

// The call may be repeated unchanged after so many seconds, when Meta does not
// say so itself; kNeverAgain when it may not.
inline constexpr int kNeverAgain = 0;
inline constexpr int kAgainInAMinute = 60;
inline constexpr int kAgainInAnHour = 3600;

// This is one row: an error of Meta's, and what this server tells its caller of
// it. Rows live as long as the process, with their texts.
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
  // It says what the error means, for the caller; it goes into the status'
  // message.
  const char* text;
  // It says what to do, and who is to do it. Null: what the contract says for
  // the reason is right for this error, too.
  const char* remedy = nullptr;
  int retry_seconds = kNeverAgain;
  // It only matters for sends; a call that can be repeated has no unclear end.
  GraphEffect effect = GraphEffect::kNone;
};

// Returns all rows; those with a subcode come before the row of their code
// alone, so that the first that fits is the right one. Tests play each of them.
std::span<const GraphMeaning> GraphMeanings();

// Returns the row for an error of Meta's; null when the list has none. `text`
// and `type` are Meta's message, in English, and its type; they decide only
// between errors that come without a subcode.
const GraphMeaning* FindGraphMeaning(int code, int subcode,
                                     std::string_view text,
                                     std::string_view type);

// Returns what to do about media that Meta refused for now.
const char* RemedyForMediaOnceMore();

// Returns the meaning of an answer that no row is for, judged by its HTTP
// status. `refused` says that a whole error of Meta's came with it, so that a
// 4xx certainly did nothing; `transient` that Meta calls it transient.
GraphMeaning MeaningOfHttpStatus(int http_status, bool refused, bool transient);

// Returns the meaning of an error that names a page or account, and not a
// recipient: a thing that Meta does not know is then the channel's own.
const GraphMeaning& UnknownPageMeaning();

// Returns the meaning of a thing that Meta does not know where the call was
// about a customer, and where it was about a message.
const GraphMeaning& UnknownUserMeaning();
const GraphMeaning& UnknownMessageMeaning();

}  // namespace linktor::graph
