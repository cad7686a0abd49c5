#include "server/access/key_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"

namespace linktor::access {
namespace {

constexpr std::string_view kPrefix = "lig_";
constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kIdSize = 2 * kIdBytes;
constexpr std::size_t kSecretSize = 43;
constexpr std::size_t kChecksumSize = 6;
constexpr std::size_t kSize =
    kPrefix.size() + kIdSize + 1 + kSecretSize + kChecksumSize;
constexpr std::string_view kAlphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
// This is the largest multiple of the alphabet's size that fits into a byte:
// larger bytes are drawn again, so that every character is equally likely.
constexpr unsigned kFairBytes = 256 / kAlphabet.size() * kAlphabet.size();

std::string RandomCharacters(std::size_t count) {
  std::string out;
  while (out.size() < count) {
    for (const char c : RandomBytes(count)) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < kFairBytes && out.size() < count) {
        out.push_back(kAlphabet[byte % kAlphabet.size()]);
      }
    }
  }
  return out;
}

// Returns 35 bits of SHA-256 as base 62.
std::string ChecksumOf(std::string_view text) {
  const Digest digest = Sha256(text);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof(bits); ++i) bits = bits << 8 | digest[i];
  std::string out;
  for (std::size_t i = 0; i < kChecksumSize; ++i) {
    out.push_back(kAlphabet[bits % kAlphabet.size()]);
    bits /= kAlphabet.size();
  }
  return out;
}

}  // namespace

KeyText NewKeyText() {
  KeyText key;
  key.id = absl::BytesToHexString(RandomBytes(kIdBytes));
  std::string text(kPrefix);
  text.append(key.id).append("_").append(RandomCharacters(kSecretSize));
  key.text = Secret(WithChecksum(std::move(text)));
  return key;
}

std::string WithChecksum(std::string body) {
  body.append(ChecksumOf(body));
  return body;
}

std::string_view KeyIdOf(std::string_view text) {
  if (text.size() != kSize || !text.starts_with(kPrefix) ||
      text[kPrefix.size() + kIdSize] != '_') {
    return {};
  }
  const std::string_view id = text.substr(kPrefix.size(), kIdSize);
  const std::string_view body = text.substr(0, kSize - kChecksumSize);
  if (!IsKeyId(id) || ChecksumOf(body) != text.substr(body.size())) return {};
  return id;
}

bool IsKeyId(std::string_view id) {
  return id.size() == kIdSize && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace linktor::access
