// This judges what an error tells of the call that it ended.

#pragma once

#include "linktor/instagram/constants.h"
#include "linktor/instagram/error.h"

namespace linktor::instagram {

// Returns whether the call may have been done although it ended so: the server
// says so, or did not make the status.
inline bool LeavesUnknown(const Error& error) {
  return error.reason.empty() || error.reason == reason::kSendOutcomeUnknown ||
         error.reason == reason::kRequestInFlight ||
         error.reason == reason::kInternalFault;
}

}  // namespace linktor::instagram
