#include "client/cli/api_key.h"

#include <sys/stat.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/arguments.h"

namespace linktor::cli {
namespace {

// Returns whether the group or everyone may read the file. Returns false for a
// pipe (process substitution), because no other user can read from it.
bool OthersMayRead(const std::string& path) {
  struct stat status = {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

bool IsOneWord(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
}

}  // namespace

absl::StatusOr<ApiKey> ReadApiKey(const ApiKeySource& source) {
  ApiKey key;
  if (!source.exists()) return key;
  key.value = source.value;
  if (!source.file.empty()) {
    absl::StatusOr<std::string> text = ReadFile(source.file);
    if (!text.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the API key of ", source.description,
                       " cannot be read: ", text.status().message()));
    }
    key.value = *std::move(text);
    if (OthersMayRead(source.file)) {
      key.warning =
          absl::StrCat("warning: other users can read the API key in ",
                       source.file, "; chmod 600 keeps it yours");
    }
  }
  absl::StripAsciiWhitespace(&key.value);
  if (key.value.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the API key of ", source.description, " is empty"));
  }
  // The key is sent in a header. Any other text would make the call fail, or
  // even end the program.
  if (!IsOneWord(key.value)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the API key of ", source.description,
                     " is not one word of printable ASCII"));
  }
  return key;
}

}  // namespace linktor::cli
