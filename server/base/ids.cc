#include "server/base/ids.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"

namespace linktor {
namespace {

constexpr std::size_t kRawIdSize = 16;
// So many bytes hold a time for thousands of years.
constexpr std::size_t kTimeSize = 6;

bool IsWord(std::string_view s, std::size_t max, std::string_view extra) {
  return !s.empty() && s.size() <= max &&
         std::all_of(s.begin(), s.end(), [&](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  extra.find(c) != std::string_view::npos;
         });
}

}  // namespace

RawId NewRawId() { return RandomBytes(kRawIdSize); }

RawId NewTimedId(std::int64_t time_ms) {
  RawId id;
  for (std::size_t i = kTimeSize; i-- > 0;) {
    id.push_back(
        static_cast<char>(static_cast<std::uint64_t>(time_ms) >> 8 * i));
  }
  id.append(RandomBytes(kRawIdSize - kTimeSize));
  return id;
}

RawId HashedRawId(std::initializer_list<std::string_view> parts) {
  std::string input;
  for (const std::string_view part : parts) {
    const auto size = static_cast<std::uint32_t>(part.size());
    for (int shift = 24; shift >= 0; shift -= 8) {
      input.push_back(static_cast<char>(size >> shift));
    }
    input.append(part);
  }
  const Digest digest = Sha256(input);
  return RawId(AsBytes(digest).substr(0, kRawIdSize));
}

std::string FormatId(std::string_view prefix, std::string_view raw) {
  std::string id(prefix);
  id.append(absl::BytesToHexString(ToAbsl(raw)));
  return id;
}

RawId ParseId(std::string_view prefix, std::string_view id) {
  if (!id.starts_with(prefix)) return {};
  id.remove_prefix(prefix.size());
  if (id.size() != 2 * kRawIdSize ||
      !std::all_of(id.begin(), id.end(), [](char c) {
        return absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
               (c >= 'a' && c <= 'f');
      })) {
    return {};
  }
  return absl::HexStringToBytes(ToAbsl(id));
}

bool IsChannelId(std::string_view id) { return IsWord(id, 64, "._-"); }

bool IsRequestId(std::string_view id) { return IsWord(id, 128, "._:-"); }

bool IsNumericId(std::string_view id) {
  return !id.empty() && id.size() <= 32 &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c));
         });
}

}  // namespace linktor
