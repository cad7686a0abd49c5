// Reads the header X-Hub-Signature-256, by which Meta signs a webhook: it is
// the HMAC-SHA256 of the raw body under an app secret. The endpoint calls this
// and compares the bytes itself, in constant time. Pure; any thread may call
// it.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace linktor {

// Returns the 32 bytes of "sha256=<64 hex digits>"; nothing when `header` is
// anything else. Digits may be of either case; blanks are not skipped.
std::optional<std::string> ParseSignature(std::string_view header);

}  // namespace linktor
