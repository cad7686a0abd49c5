#include "server/seal/master_key.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"

namespace linktor {

absl::StatusOr<Secret> ReadMasterKey(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot read the master key file ", path));
  }
  std::stringstream content;
  content << file.rdbuf();
  const std::string hex(absl::StripAsciiWhitespace(content.str()));
  if (hex.size() != 2 * AeadKey::kKeySize ||
      !std::all_of(hex.begin(), hex.end(),
                   [](unsigned char c) { return absl::ascii_isxdigit(c); })) {
    return absl::FailedPreconditionError(
        absl::StrCat("the master key file ", path,
                     " must hold 32 random bytes as 64 hex digits"));
  }
  return Secret(absl::HexStringToBytes(hex));
}

}  // namespace linktor
