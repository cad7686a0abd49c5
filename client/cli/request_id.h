// It makes request ids for calls to which the user gave none.

#pragma once

#include <random>
#include <string>

#include "absl/strings/str_format.h"

namespace linktor::cli {

// Returns `given`, or a new id. It is made here and not by the server, so that
// a call whose answer got lost can be asked for, and repeated without doing it
// twice.
inline std::string RequestIdOr(const std::string& given) {
  if (!given.empty()) return given;
  std::random_device random;
  return absl::StrFormat("cli-%08x%08x%08x%08x", random(), random(), random(),
                         random());
}

}  // namespace linktor::cli
