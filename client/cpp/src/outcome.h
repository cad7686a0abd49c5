// This judges an error: may the call that it ended have been done all the same?
// Sends and other calls that change something ask it for each attempt.

#pragma once

#include "linktor/instagram/constants.h"
#include "linktor/instagram/error.h"

namespace linktor::instagram {

// Returns true when the call may have been done although it ended so: the
// server says that it does not know, or did not make the status.
// RequestInFlight belongs here, because the other call under that id may still
// succeed.
inline bool LeavesUnknown(const Error& error) {
  return error.reason.empty() || error.reason == reason::kSendOutcomeUnknown ||
         error.reason == reason::kRequestInFlight ||
         error.reason == reason::kInternalFault;
}

}  // namespace linktor::instagram
