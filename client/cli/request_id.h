// It gives request ids to calls to which the user gave none.

#pragma once

#include <string>

#include "linktor/instagram/request.h"

namespace linktor::cli {

// Returns `given`, or a new id. It is made here and not by the server, so that
// a call whose answer got lost can be asked for, and repeated without doing it
// twice.
inline std::string RequestIdOr(const std::string& given) {
  return given.empty() ? instagram::NewRequestId("cli-") : given;
}

}  // namespace linktor::cli
