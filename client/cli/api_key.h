// These functions read the one API key that this program sends. They are for
// the main thread only.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/settings.h"

namespace linktor::cli {

struct ApiKey {
  // It is one word of printable ASCII, or it is empty when no source has a key.
  // It goes into the metadata of calls and nowhere else.
  std::string value;
  // It tells what the user should know, such as that other users can read the
  // file. It is empty when there is nothing to tell.
  std::string warning;
};

// Reads the key from its source. White space around the key is dropped, because
// editors add a line end. Returns INVALID_ARGUMENT when the file cannot be
// read, is empty, or holds more than one word. The error never repeats the text
// that was read, which may be a secret.
absl::StatusOr<ApiKey> ReadApiKey(const ApiKeySource& source);

}  // namespace linktor::cli
