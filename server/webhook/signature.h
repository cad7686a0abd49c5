// Parses the header X-Hub-Signature-256, with which Meta signs a webhook. The
// header's value is the HMAC-SHA256 of the raw body under an app secret. This
// file only parses the header. The endpoint computes the HMAC and compares it
// with the parsed value, in constant time. The function is pure, so any thread
// may call it.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace linktor::webhook {

// Returns the 32 bytes for which the digits of "sha256=<64 hex digits>" stand.
// Returns nullopt when `header` has any other form. The digits may be upper or
// lower case. Blanks are not skipped, so the caller removes them first.
std::optional<std::string> ParseSignature(std::string_view header);

}  // namespace linktor::webhook
