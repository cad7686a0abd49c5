// RequestIdOr() gives a request id to a call when the user gave none.

#pragma once

#include <string>

#include "linktor/instagram/request.h"

namespace linktor::cli {

// Returns `given`, or a new id when `given` is empty. The program makes the id
// itself, so it knows the id even when the answer got lost. With the id the
// user can ask what became of the call, or repeat the call without doing it
// twice.
inline std::string RequestIdOr(const std::string& given) {
  return given.empty() ? instagram::NewRequestId("cli-") : given;
}

}  // namespace linktor::cli
