#include <algorithm>
#include <cstdint>
#include <functional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/webhook/signature.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/webhook_rig.h"

namespace linktor::fuzz {
namespace {

constexpr std::string_view kPrefix = "sha256=";
constexpr std::size_t kBlock = 64;
// The listener takes no longer header.
constexpr std::size_t kMaxHeader = 4096;

// Computes the HMAC of RFC 2104. It uses only SHA-256 of the library.
Digest Hmac(std::string_view key, std::string_view data) {
  std::string inner(kBlock, 0x36);
  std::string outer(kBlock, 0x5c);
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner[i] = static_cast<char>(inner[i] ^ key[i]);
    outer[i] = static_cast<char>(outer[i] ^ key[i]);
  }
  const Digest inside = Sha256(inner + std::string(data));
  return Sha256(outer + std::string(AsBytes(inside)));
}

std::string RightHeader(std::string_view body) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string header(kPrefix);
  for (const std::uint8_t byte : Hmac(kAppSecret, body)) {
    header.push_back(kDigits[byte >> 4U]);
    header.push_back(kDigits[byte & 15U]);
  }
  return header;
}

// Whether they are the same header: hexadecimal digits may be of either case,
// what is before them may not.
bool SameHeader(std::string_view a, std::string_view b) {
  if (a.size() != b.size() || !a.starts_with(kPrefix)) return false;
  for (std::size_t i = kPrefix.size(); i < a.size(); ++i) {
    if (absl::ascii_tolower(static_cast<unsigned char>(a[i])) !=
        absl::ascii_tolower(static_cast<unsigned char>(b[i]))) {
      return false;
    }
  }
  return true;
}

// In HTTP the blanks around a header's value are no part of it.
std::string_view WithoutBlanks(std::string_view value) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t begin = value.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return value.substr(begin, value.find_last_not_of(kBlanks) + 1 - begin);
}

// A proxy joins headers of one name with commas. The endpoint looks at the
// first four that have a signature's form, and one right one among them is
// enough.
bool ListHas(std::string_view list, const std::string& right) {
  constexpr int kMost = 4;
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  int seen = 0;
  for (bool more = true; more && seen < kMost;) {
    const std::size_t comma = list.find(',');
    const std::string_view one = WithoutBlanks(list.substr(0, comma));
    if (SameHeader(one, right)) return true;
    if (one.size() == right.size() && one.starts_with(kPrefix) &&
        one.find_first_not_of(kDigits, kPrefix.size()) ==
            std::string_view::npos) {
      ++seen;
    }
    more = comma != std::string_view::npos;
    if (more) list.remove_prefix(comma + 1);
  }
  return false;
}

bool Accepts(std::string_view header, std::string_view body) {
  static const HmacKey kKey(kAppSecret);
  const auto mac = webhook::ParseSignature(header);
  return mac.has_value() && kKey.Verify(body, *mac);
}

// Changes each byte of the right header to `other`, one at a time.
Violation CheckChangedHeader(const std::string& right, std::string_view body,
                             char other) {
  for (std::size_t i = 0; i < right.size(); ++i) {
    std::string changed = right;
    changed[i] = other;
    if (Accepts(changed, body) != SameHeader(changed, right)) {
      return absl::StrCat("with byte ", i, " of the header changed it is ",
                          SameHeader(changed, right) ? "refused" : "accepted");
    }
  }
  for (const std::string& longer :
       {right + other, std::string(1, other) + right}) {
    if (Accepts(longer, body)) return "a longer header is accepted";
  }
  if (Accepts(right.substr(0, right.size() - 1), body)) {
    return "a shorter header is accepted";
  }
  return std::nullopt;
}

// A body that is not the one signed.
Violation CheckChangedBody(const std::string& right, std::string_view body,
                           std::size_t choice) {
  std::string changed(body);
  changed.push_back('\0');
  if (Accepts(right, changed)) return "a longer body is accepted";
  changed = body;
  if (changed.empty()) return std::nullopt;
  const std::size_t at = choice % changed.size();
  changed[at] = static_cast<char>(changed[at] ^ (1U << (choice >> 8U) % 8));
  if (Accepts(right, changed)) return "a changed body is accepted";
  if (Accepts(right, body.substr(1))) return "a shorter body is accepted";
  return std::nullopt;
}

}  // namespace

Violation CheckSignature(std::string_view input) {
  static WebhookRig rig;
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string header(input.substr(0, std::min(line, kMaxHeader)));
  const std::string_view body = input.substr(std::min(line + 1, input.size()));
  const std::string right = RightHeader(body);
  const bool good = SameHeader(header, right);
  if (Accepts(header, body) != good) {
    return good ? "the right signature is refused"
                : "a wrong signature is accepted";
  }
  if (rig.Post(header, body) != (ListHas(header, right) ? 200 : 401)) {
    return "the webhook URL decides otherwise";
  }
  if (!Accepts(right, body)) return "the right signature is refused";
  const std::size_t choice = std::hash<std::string_view>()(input);
  const char other =
      input.empty() ? 'A' : input[(choice >> 16U) % input.size()];
  if (Violation bad = CheckChangedHeader(right, body, other)) return bad;
  return CheckChangedBody(right, body, choice);
}

}  // namespace linktor::fuzz
