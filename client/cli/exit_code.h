// This is how linktor-ig ends. Scripts rely on the numbers: do not change them.

#pragma once

namespace linktor::cli {

enum class ExitCode {
  kOk = 0,
  // The server, or Instagram through it, refused.
  kRefused = 1,
  // The arguments were wrong or a file could not be used; no call was made.
  kUsage = 2,
  // The server cannot be reached, or says itself that it cannot serve now;
  // nothing was done. A call that only reads and got lost ends so too.
  kUnavailable = 3,
  // Nobody knows whether it was done. A message may be sent again only under
  // the same request id.
  kOutcomeUnknown = 4,
  // It was done, but the answer could not be written to standard output.
  kOutput = 5,
};

}  // namespace linktor::cli
