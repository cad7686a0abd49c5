// Holds the table of Meta's errors. For each error the table says what the
// error means to a caller of this server, and what to do about it. It also says
// whether Meta may have processed a send in spite of the error. In the server
// only error_map.cc uses this file. The functions are pure.

#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "linktor/instagram/v1/error_reason.pb.h"
#include "server/base/v1.h"

namespace linktor::graph {

// A row with this subcode is for every subcode that has no row of its own.
inline constexpr int kAnySubcode = 0;

// Says whether a send that ended with the error may have been processed. kNone
// means that Meta certainly did nothing. kUnclear means that nobody can know.
enum class GraphEffect { kNone, kUnclear };

// These are values of GraphMeaning::retry_seconds. The same call may be
// repeated after this many seconds, when Meta itself does not say how long to
// wait. kNeverAgain means that the same call must not be repeated.
inline constexpr int kNeverAgain = 0;
inline constexpr int kAgainInAMinute = 60;
inline constexpr int kAgainInAnHour = 3600;

// This is one row: an error of Meta's, and what this server tells its caller
// about it. Rows and their texts live as long as the process.
struct GraphMeaning {
  // These are Meta's numbers of the error. Both are 0 when only the HTTP status
  // is known.
  int code;
  int subcode;
  // This is the status code for the caller. It is never UNAUTHENTICATED or
  // PERMISSION_DENIED. These codes speak of the API key that the caller has for
  // this server, and callers react to them by changing that API key. When Meta
  // refuses the token, the app or the account, or when a permission is missing,
  // the code is FAILED_PRECONDITION.
  absl::StatusCode canonical;
  v1::ErrorReason reason;
  // This text tells the caller what the error means. It goes into the message
  // of the status.
  const char* text;
  // This text says what to do, and who should do it. If it is null, the remedy
  // that error_reason.proto gives for the reason is right for this error, too.
  const char* remedy = nullptr;
  int retry_seconds = kNeverAgain;
  // The effect only matters for sends. Any other call can be repeated, so
  // nobody needs to know whether Meta has already carried it out.
  GraphEffect effect = GraphEffect::kNone;
};

// Returns all rows. The rows with a code and a subcode come before the row that
// has the same code and kAnySubcode. So the first row that fits an error is the
// right one. Tests try each row.
std::span<const GraphMeaning> GraphMeanings();

// Returns the row for an error of Meta's; null when the table has no row for
// it. `text` is Meta's message, in English, and `type` is Meta's type of the
// error. `text` and `type` only matter for an error that comes without a
// subcode.
const GraphMeaning* FindGraphMeaning(int code, int subcode,
                                     std::string_view text,
                                     std::string_view type);

// Returns the remedy for media that Meta has refused with an error that Meta
// calls transient. The remedy says that the caller should try once more.
const char* RemedyForMediaOnceMore();

// Returns the meaning of an answer for which there is no row, judged by its
// HTTP status. `refused` is true when the answer has an error of Meta's with a
// code. `transient` is true when Meta calls the error transient. With a status
// of 3xx or 4xx, Meta certainly did nothing. There is one exception: when an
// error without a code is transient, nobody can know whether Meta did
// something.
GraphMeaning MeaningOfHttpStatus(int http_status, bool refused, bool transient);

// Meta's error "unknown object" means something else for each kind of call.
// This function returns its meaning for a call whose URL names a page or an
// account, and not a recipient. The unknown object is then the channel's own
// page or account.
const GraphMeaning& UnknownPageMeaning();

// These two functions return the meaning of "unknown object" for a call about a
// customer, and for a call about a message.
const GraphMeaning& UnknownUserMeaning();
const GraphMeaning& UnknownMessageMeaning();

}  // namespace linktor::graph
