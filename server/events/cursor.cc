#include "server/events/cursor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "server/base/crypto.h"
#include "server/base/status.h"
#include "server/base/strings.h"
#include "server/base/try.h"

namespace linktor::events {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kLogIdSize = 8;
constexpr std::size_t kEpochSize = 4;
constexpr std::size_t kSeqSize = 8;
constexpr std::size_t kChecksumSize = 4;
constexpr std::size_t kPrefixSize = 1 + kLogIdSize + kEpochSize;
constexpr std::size_t kSize = kPrefixSize + 2 * kSeqSize + kChecksumSize;

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

std::int64_t ReadSeq(std::string_view bytes) {
  return static_cast<std::int64_t>(ReadBigEndian(bytes.substr(0, kSeqSize)));
}

// The first life leaves its trunk to those that come after it.
std::int64_t TrunkOf(const journal::LogIdentity& identity) {
  return identity.former.empty() ? CursorCodec::kWholeLog
                                 : identity.former.front().last_seq;
}

}  // namespace

CursorCodec::CursorCodec(journal::LogIdentity identity)
    : identity_(std::move(identity)), trunk_(TrunkOf(identity_)) {
  prefix_.push_back(kVersion);
  prefix_.append(identity_.log_id);
  AppendBigEndian(prefix_, static_cast<std::uint64_t>(identity_.epoch),
                  kEpochSize);
}

std::string CursorCodec::Encode(std::int64_t seq) const {
  std::string bytes = prefix_;
  AppendBigEndian(bytes, static_cast<std::uint64_t>(seq), kSeqSize);
  AppendBigEndian(bytes, static_cast<std::uint64_t>(trunk_), kSeqSize);
  bytes.append(Checksum(bytes));
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<CursorCodec::Place> CursorCodec::Read(
    std::string_view cursor) const {
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
  const Place place{.epoch = static_cast<std::int64_t>(
                        ReadBigEndian(all.substr(1 + kLogIdSize, kEpochSize))),
                    .seq = ReadSeq(all.substr(kPrefixSize)),
                    .trunk = ReadSeq(all.substr(kPrefixSize + kSeqSize))};
  if (place.seq < 0 || place.trunk < 0) return Invalid("the cursor is damaged");
  return place;
}

std::optional<std::int64_t> CursorCodec::SharedWith(
    const Place& place, std::int64_t last_seq) const {
  // Two lives that drew the same number have different trunks, unless they come
  // from the same backup.
  if (place.epoch == identity_.epoch && place.trunk == trunk_) return last_seq;
  std::int64_t trunk = kWholeLog;
  for (const state::FormerEpoch& one : identity_.former) {
    if (place.epoch == one.epoch && place.trunk == trunk) return one.last_seq;
    trunk = trunk_;
  }
  return std::nullopt;
}

absl::StatusOr<std::int64_t> CursorCodec::Decode(std::string_view cursor,
                                                 std::int64_t last_seq) const {
  LINKTOR_ASSIGN(const Place place, Read(cursor));
  const std::optional<std::int64_t> shared = SharedWith(place, last_seq);
  if (shared.has_value() && place.seq <= *shared) return place.seq;
  const std::int64_t restart = std::min(
      {place.seq, last_seq, shared.value_or(std::min(place.trunk, trunk_))});
  return MakeError(
      absl::StatusCode::kOutOfRange,
      "the log was set back to before this cursor; start again at the cursor "
      "given, knowing that events after it may come again under new ones",
      {.reason = v1::ERROR_REASON_CURSOR_REWOUND,
       .metadata = {{"restart_cursor", Encode(restart)}}});
}

absl::Status CursorExpired(const CursorCodec& cursors,
                           std::int64_t oldest_seq) {
  return MakeError(
      absl::StatusCode::kOutOfRange,
      "events after this cursor are no longer kept; start again at the oldest "
      "cursor given, knowing that some are missing",
      {.reason = v1::ERROR_REASON_CURSOR_EXPIRED,
       .metadata = {{"oldest_cursor", cursors.Encode(oldest_seq - 1)}}});
}

}  // namespace linktor::events
