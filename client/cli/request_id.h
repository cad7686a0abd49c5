// Request ids of this program's own making.

#pragma once

#include <random>
#include <string>

#include "absl/strings/str_format.h"

namespace linktor::cli {

// `given`, or a new id. Made here and not by the server, so that the outcome of
// a call whose answer got lost can be asked for.
inline std::string RequestIdOr(const std::string& given) {
  if (!given.empty()) return given;
  std::random_device random;
  return absl::StrFormat("cli-%08x%08x%08x%08x", random(), random(), random(),
                         random());
}

}  // namespace linktor::cli
