#include "server/webhook/signature.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "server/base/strings.h"

namespace linktor::webhook {
namespace {

constexpr std::string_view kPrefix = "sha256=";
constexpr std::size_t kHexDigits = 64;

}  // namespace

std::optional<std::string> ParseSignature(std::string_view header) {
  if (!header.starts_with(kPrefix)) return std::nullopt;
  header.remove_prefix(kPrefix.size());
  if (header.size() != kHexDigits ||
      !std::all_of(header.begin(), header.end(), [](char c) {
        return absl::ascii_isxdigit(static_cast<unsigned char>(c));
      })) {
    return std::nullopt;
  }
  return absl::HexStringToBytes(ToAbsl(header));
}

}  // namespace linktor::webhook
