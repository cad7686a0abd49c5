// This reads the environment variables that set the size of a test, or the seed
// of its random numbers.

#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"

namespace linktor {

// Returns the number in the environment variable `name`, or `otherwise` when
// the variable is not set. It ends the program when the variable holds
// something else, because a mistyped size must not lead to a smaller test.
inline std::uint64_t NumberFromEnvironment(const char* name,
                                           std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  if (text == nullptr) return otherwise;
  std::uint64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) {
    (void)std::fprintf(stderr, "%s is no number: %s\n", name, text);
    std::exit(2);
  }
  return number;
}

}  // namespace linktor
