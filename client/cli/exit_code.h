// These are the exit codes of linktor-ig. Scripts rely on the numbers: do not
// change them.

#pragma once

namespace linktor::cli {

enum class ExitCode {
  kOk = 0,
  // The server refused the call, or Instagram refused it and the server says
  // so.
  kRefused = 1,
  // The arguments were wrong or a file could not be used; no call was made.
  kUsage = 2,
  // The server cannot be reached, or the server itself says that it cannot
  // serve now; nothing was done. A call that only reads also ends with this
  // code when the call or its answer got lost.
  kUnavailable = 3,
  // Nobody knows whether the call was done. A message may be sent again only
  // under the same request id.
  kOutcomeUnknown = 4,
  // The call was done, but the answer could not be written to standard output.
  kOutput = 5,
};

}  // namespace linktor::cli
