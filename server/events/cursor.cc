#include "server/events/cursor.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "server/base/crypto.h"
#include "server/base/status.h"
#include "server/base/strings.h"

namespace linktor {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kLogIdSize = 8;
constexpr std::size_t kEpochSize = 4;
constexpr std::size_t kSeqSize = 8;
constexpr std::size_t kChecksumSize = 4;
constexpr std::size_t kPrefixSize = 1 + kLogIdSize + kEpochSize;
constexpr std::size_t kSize = kPrefixSize + kSeqSize + kChecksumSize;

void AppendBigEndian(std::string& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) {
    out.push_back(static_cast<char>(value >> (8 * i)));
  }
}

std::uint64_t ReadBigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string Checksum(std::string_view bytes) {
  return std::string(AsBytes(Sha256(bytes)).substr(0, kChecksumSize));
}

absl::Status Invalid(std::string_view why) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, v1::ERROR_REASON_CURSOR_INVALID,
      std::string(why) + "; start with POSITION_EARLIEST or POSITION_LATEST");
}

}  // namespace

CursorCodec::CursorCodec(const LogIdentity& identity) : epoch_(identity.epoch) {
  prefix_.push_back(kVersion);
  prefix_.append(identity.log_id);
  AppendBigEndian(prefix_, static_cast<std::uint64_t>(identity.epoch),
                  kEpochSize);
}

std::string CursorCodec::Encode(std::int64_t seq) const {
  std::string bytes = prefix_;
  AppendBigEndian(bytes, static_cast<std::uint64_t>(seq), kSeqSize);
  bytes.append(Checksum(bytes));
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<std::int64_t> CursorCodec::Decode(std::string_view cursor,
                                                 std::int64_t last_seq) const {
  std::string bytes;
  // Escaping again refuses padding and stray bits: one cursor, one spelling.
  if (!absl::WebSafeBase64Unescape(ToAbsl(cursor), &bytes) ||
      bytes.size() != kSize || absl::WebSafeBase64Escape(bytes) != cursor ||
      bytes.front() != kVersion) {
    return Invalid("this is not a cursor of this server");
  }
  const std::string_view all(bytes);
  if (Checksum(all.substr(0, kSize - kChecksumSize)) !=
      all.substr(kSize - kChecksumSize)) {
    return Invalid("the cursor is damaged");
  }
  if (all.substr(0, 1 + kLogIdSize) !=
      std::string_view(prefix_).substr(0, 1 + kLogIdSize)) {
    return Invalid("the cursor belongs to another log");
  }
  const auto epoch = static_cast<std::int64_t>(
      ReadBigEndian(all.substr(1 + kLogIdSize, kEpochSize)));
  const auto seq = static_cast<std::int64_t>(
      ReadBigEndian(all.substr(kPrefixSize, kSeqSize)));
  if (seq < 0) return Invalid("the cursor is damaged");
  if (seq > last_seq || epoch > epoch_) {
    return MakeError(
        absl::StatusCode::kOutOfRange,
        "the log was set back to before this cursor; start again at the cursor "
        "given, knowing that events after it may come again under new ones",
        {.reason = v1::ERROR_REASON_CURSOR_REWOUND,
         .metadata = {{"restart_cursor", Encode(std::min(seq, last_seq))}}});
  }
  return seq;
}

}  // namespace linktor
