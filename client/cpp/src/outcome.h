// LeavesUnknown() tells whether a call may have been done although it ended
// with an error. The client asks this after each attempt of a send or of
// another call that changes something.

#pragma once

#include "linktor/instagram/constants.h"
#include "linktor/instagram/error.h"

namespace linktor::instagram {

// Returns true when the call may have been done although it ended with this
// error. That is so when the server says that it does not know, and also when
// the server did not make the status. REQUEST_IN_FLIGHT belongs to these
// errors, because the other call with the same request id may still succeed.
inline bool LeavesUnknown(const Error& error) {
  return error.reason.empty() || error.reason == reason::kSendOutcomeUnknown ||
         error.reason == reason::kRequestInFlight ||
         error.reason == reason::kInternalFault;
}

}  // namespace linktor::instagram
