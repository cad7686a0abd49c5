#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "server/base/status.h"
#include "server/events/cursor.h"
#include "tests/fuzz/properties.h"

namespace linktor::fuzz {
namespace {

constexpr char kLogId[] = "log-id-1";
constexpr std::int64_t kEpoch = 3;
constexpr std::int64_t kLastSeq = 1000;
// Bytes behind a cursor: version, log id, epoch, sequence, checksum.
constexpr std::size_t kSize = 1 + 8 + 4 + 8 + 4;

// Which log and where, read out of a cursor without checking it.
struct Position {
  LogIdentity identity;
  std::int64_t seq = 0;
};

std::int64_t Number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) {
    value = value * 256 + static_cast<unsigned char>(c);
  }
  return static_cast<std::int64_t>(value);
}

// The bytes of URL-safe base64, one bit after the other; none when there are
// other characters.
std::string Unescape(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return "";
    bits = (bits << 6U | static_cast<unsigned>(value)) & 0xffffU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> static_cast<unsigned>(count)));
  }
  return bytes;
}

// Where a cursor points that Encode has made; nothing for any other text.
std::optional<Position> MadeByEncode(std::string_view cursor) {
  const std::string bytes = Unescape(cursor);
  if (bytes.size() != kSize) return std::nullopt;
  const std::string_view all(bytes);
  Position position{.identity = {.log_id = std::string(all.substr(1, 8)),
                                 .epoch = Number(all.substr(9, 4))},
                    .seq = Number(all.substr(13, 8))};
  if (CursorCodec(position.identity).Encode(position.seq) != cursor) {
    return std::nullopt;
  }
  return position;
}

// What the codec of kLogId and kEpoch has to say of a cursor.
std::string ExpectedReason(const std::optional<Position>& made,
                           std::int64_t last_seq) {
  if (!made.has_value() || made->identity.log_id != kLogId || made->seq < 0) {
    return "CURSOR_INVALID";
  }
  const bool rewound = made->identity.epoch > kEpoch || made->seq > last_seq;
  return rewound ? "CURSOR_REWOUND" : "";
}

Violation CheckDecode(std::string_view cursor, std::int64_t last_seq) {
  const CursorCodec codec({.log_id = kLogId, .epoch = kEpoch});
  const std::optional<Position> made = MadeByEncode(cursor);
  const std::string expected = ExpectedReason(made, last_seq);
  const auto decoded = codec.Decode(cursor, last_seq);
  if (decoded.ok()) {
    if (!expected.empty()) return absl::StrCat("accepted, not ", expected);
    return *decoded == made->seq ? Violation() : "read as another place";
  }
  const google::rpc::ErrorInfo info = ErrorInfoOf(decoded.status());
  if (info.reason() != expected) {
    return absl::StrCat("refused with '", info.reason(), "', not '", expected,
                        "'");
  }
  if (expected == "CURSOR_INVALID") {
    return absl::IsInvalidArgument(decoded.status())
               ? Violation()
               : "CURSOR_INVALID is not INVALID_ARGUMENT";
  }
  if (!absl::IsOutOfRange(decoded.status())) {
    return "CURSOR_REWOUND is not OUT_OF_RANGE";
  }
  const auto restart = info.metadata().find("restart_cursor");
  if (restart == info.metadata().end()) return "it names no cursor to go on at";
  const auto again = codec.Decode(restart->second, last_seq);
  if (!again.ok() || *again != std::min(made->seq, last_seq)) {
    return "the cursor to go on at is not good";
  }
  return std::nullopt;
}

// The first bytes of an input, one number after the other.
class Bytes {
 public:
  explicit Bytes(std::string_view input) : input_(input) {}

  std::int64_t Take(std::size_t size) {
    const std::string_view taken = input_.substr(0, size);
    input_.remove_prefix(taken.size());
    return Number(taken);
  }

 private:
  std::string_view input_;
};

// Cursors as Encode makes them, near what decides, and ones with a change.
Violation CheckRoundTrip(std::string_view input) {
  Bytes bytes(input);
  const std::int64_t epoch =
      bytes.Take(1) % 2 == 0 ? kEpoch - 2 + bytes.Take(1) % 5 : bytes.Take(4);
  const std::int64_t last_seq = std::max<std::int64_t>(
      bytes.Take(8) & std::numeric_limits<std::int64_t>::max(), 0);
  const std::int64_t seq = bytes.Take(8);
  const auto at = static_cast<std::size_t>(bytes.Take(1));
  const char other = static_cast<char>(bytes.Take(1));
  std::string cursor =
      CursorCodec({.log_id = kLogId, .epoch = epoch}).Encode(seq);
  if (!MadeByEncode(cursor).has_value()) return "Encode makes another layout";
  for (const std::int64_t last : {last_seq, seq, kLastSeq}) {
    if (last < 0) continue;
    if (Violation bad = CheckDecode(cursor, last)) return bad;
  }
  cursor[at % cursor.size()] = other;
  return CheckDecode(cursor, std::numeric_limits<std::int64_t>::max());
}

}  // namespace

Violation CheckCursor(std::string_view input) {
  if (Violation bad = CheckDecode(input, kLastSeq)) return bad;
  return CheckRoundTrip(input);
}

}  // namespace linktor::fuzz
