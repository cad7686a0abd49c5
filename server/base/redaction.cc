#include "server/base/redaction.h"

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "server/base/strings.h"

namespace linktor {
namespace {

// A secret follows one of these names, with "=" or, in JSON, with quotes and a
// colon; or it follows the scheme of an Authorization header, in any case.
constexpr std::array<std::string_view, 2> kSecretNames = {"access_token",
                                                          "appsecret_proof"};
constexpr std::string_view kSecretScheme = "bearer ";
// Meta's tokens and this server's API keys begin like this, and have at least
// so many characters more. Shorter runs are ordinary words, such as
// IGApiException, the type of Instagram Login's errors.
constexpr std::array<std::string_view, 4> kTokenStarts = {"EAA", "IGA", "IGQ",
                                                          "lig_"};
constexpr std::size_t kTokenMinimum = 20;

bool IsTokenCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("_-.|%+/=~").find(c) != std::string_view::npos;
}

std::size_t SkipBlanks(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\\')) ++at;
  return at;
}

// Returns where the value begins whose name ends at `at`; 0 when none follows.
std::size_t ValueAfterName(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '=') return at + 1;
  for (const char expected : {'"', ':', '"'}) {
    at = SkipBlanks(text, at);
    if (at >= text.size() || text[at] != expected) return 0;
    ++at;
  }
  return at;
}

// Returns where the secret begins that `text` announces at `at`; 0 when there
// is none.
std::size_t SecretAfter(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  for (const std::string_view name : kSecretNames) {
    if (rest.starts_with(name)) return ValueAfterName(text, at + name.size());
  }
  if (absl::StartsWithIgnoreCase(ToAbsl(rest), ToAbsl(kSecretScheme))) {
    return at + kSecretScheme.size();
  }
  return 0;
}

std::size_t TokenEnd(std::string_view text, std::size_t at) {
  while (at < text.size() && IsTokenCharacter(text[at])) ++at;
  return at;
}

// Returns where the token or key ends that begins at `at`; 0 when none does.
std::size_t KnownTokenEnd(std::string_view text, std::size_t at) {
  for (const std::string_view start : kTokenStarts) {
    if (!text.substr(at).starts_with(start)) continue;
    const std::size_t end = TokenEnd(text, at + start.size());
    if (end >= at + start.size() + kTokenMinimum) return end;
  }
  return 0;
}

}  // namespace

std::string Redact(std::string_view text) {
  constexpr std::string_view kRedacted = "[redacted]";
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t start = SecretAfter(text, i); start != 0) {
      const std::size_t end = TokenEnd(text, start);
      out.append(text.substr(i, start - i));
      if (end > start) out.append(kRedacted);
      i = end;
    } else if (const std::size_t end = KnownTokenEnd(text, i); end != 0) {
      out.append(kRedacted);
      i = end;
    } else {
      out.push_back(text[i++]);
    }
  }
  return out;
}

}  // namespace linktor
