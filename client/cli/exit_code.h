// How linktor-ig ends. Scripts rely on the numbers: do not change them.

#pragma once

namespace linktor::cli {

enum class ExitCode {
  kOk = 0,
  // The server, or Instagram through it, refused.
  kRefused = 1,
  // Wrong arguments, or a file that cannot be used; no call was made.
  kUsage = 2,
  // Not reachable, or not able to serve now; nothing was done.
  kUnavailable = 3,
  // It may have been done or not. For a send: do not send it again.
  kOutcomeUnknown = 4,
  // It was done, but the answer could not be written to standard output.
  kOutput = 5,
};

}  // namespace linktor::cli
