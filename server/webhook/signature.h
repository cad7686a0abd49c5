// X-Hub-Signature-256: HMAC-SHA256 of the raw body under an app secret. Pure.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace linktor {

// The 32 bytes of "sha256=<64 hex digits>"; nothing when it is anything else.
std::optional<std::string> ParseSignature(std::string_view header);

}  // namespace linktor
