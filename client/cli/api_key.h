// This program sends one API key. All of this is for the main thread only.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/settings.h"

namespace linktor::cli {

struct ApiKey {
  // It is one word of printable ASCII, or empty when no source has a key. It
  // goes into the metadata of calls and nowhere else.
  std::string value;
  // It tells what the user should know, such as that others can read the file;
  // it is empty when there is nothing.
  std::string warning;
};

// White space around the key is dropped: editors add a line end. Returns
// INVALID_ARGUMENT, which never repeats what was read, for a file that cannot
// be read, is empty, or holds more than one word.
absl::StatusOr<ApiKey> ReadApiKey(const ApiKeySource& source);

}  // namespace linktor::cli
