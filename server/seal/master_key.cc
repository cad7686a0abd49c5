#include "server/seal/master_key.h"

#include <algorithm>
#include <fstream>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"

namespace linktor::seal {

absl::StatusOr<Secret> ReadMasterKey(const std::string& path) {
  std::ifstream file;
  // Without a buffer, which would keep the text.
  file.rdbuf()->pubsetbuf(nullptr, 0);
  file.open(path);
  if (!file) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot read the master key file ", path));
  }
  // The file may hold anything; a key with its blanks is no longer than this.
  constexpr std::size_t kMost = 1024;
  std::string text(kMost, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  const Secret content(std::move(text));
  const std::string_view hex =
      ToStd(absl::StripAsciiWhitespace(ToAbsl(content.Reveal())));
  if (content.Reveal().size() == kMost || hex.size() != 2 * AeadKey::kKeySize ||
      !std::all_of(hex.begin(), hex.end(),
                   [](unsigned char c) { return absl::ascii_isxdigit(c); })) {
    return absl::FailedPreconditionError(
        absl::StrCat("the master key file ", path,
                     " must hold 32 random bytes as 64 hex digits"));
  }
  return Secret(absl::HexStringToBytes(ToAbsl(hex)));
}

}  // namespace linktor::seal
