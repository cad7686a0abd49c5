#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status.h"
#include "server/events/cursor.h"
#include "tests/fuzz/properties.h"

namespace linktor::fuzz {
namespace {

constexpr char kLogId[] = "log-id-1";
constexpr std::int64_t kLastSeq = 1000;
constexpr std::int64_t kWholeLog = std::numeric_limits<std::int64_t>::max();
// Behind a cursor are version, log id, epoch, sequence, trunk and checksum.
constexpr std::size_t kSize = 1 + 8 + 4 + 8 + 8 + 4;

// The log has been restored twice, so it has three lives: a new life begins
// with each restore. The present life shares all of its events with itself.
// With a former life it shares the events up to the backup.
struct Life {
  std::int64_t epoch;
  std::int64_t trunk;
  std::int64_t shared;
};
constexpr Life kLives[] = {
    {1, kWholeLog, 600}, {4, 600, 800}, {9, 600, kWholeLog}};
constexpr const Life& kPresent = kLives[2];

journal::LogIdentity PresentIdentity() {
  return {.log_id = kLogId,
          .epoch = kPresent.epoch,
          .former = {{.epoch = kLives[0].epoch, .last_seq = kLives[0].shared},
                     {.epoch = kLives[1].epoch, .last_seq = kLives[1].shared}}};
}

// It is read out of a cursor without checking it.
struct Position {
  std::string log_id;
  std::int64_t epoch = 0;
  std::int64_t seq = 0;
  std::int64_t trunk = 0;
};

// Returns the cursor that a log gives out there.
std::string EncodeThere(const Position& position) {
  journal::LogIdentity identity{.log_id = position.log_id,
                                .epoch = position.epoch};
  if (position.trunk != kWholeLog) {
    identity.former = {{.epoch = 1, .last_seq = position.trunk}};
  }
  return events::CursorCodec(std::move(identity)).Encode(position.seq);
}

std::int64_t Number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) {
    value = value * 256 + static_cast<unsigned char>(c);
  }
  return static_cast<std::int64_t>(value);
}

// Returns the bytes of URL-safe base64, one bit after the other; none when
// there are other characters.
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

// Returns where a cursor points that a log has given out; nothing for any other
// text.
std::optional<Position> MadeByEncode(std::string_view cursor) {
  const std::string bytes = Unescape(cursor);
  if (bytes.size() != kSize) return std::nullopt;
  const std::string_view all(bytes);
  Position position{.log_id = std::string(all.substr(1, 8)),
                    .epoch = Number(all.substr(9, 4)),
                    .seq = Number(all.substr(13, 8)),
                    .trunk = Number(all.substr(21, 8))};
  if (EncodeThere(position) != cursor) return std::nullopt;
  return position;
}

// The codec has to give this reason, or none when the cursor is good, and this
// place to go on at.
struct Expected {
  std::string reason;
  std::int64_t seq = 0;
};

Expected ExpectedOf(const std::optional<Position>& made,
                    std::int64_t last_seq) {
  if (!made.has_value() || made->log_id != kLogId || made->seq < 0 ||
      made->trunk < 0) {
    return {.reason = "CURSOR_INVALID"};
  }
  // Nothing is known of another life than that it has the trunk in common.
  std::int64_t shared = std::min(made->trunk, kPresent.trunk);
  bool known = false;
  for (const Life& life : kLives) {
    if (life.epoch != made->epoch || life.trunk != made->trunk) continue;
    known = true;
    shared = std::min(life.shared, last_seq);
  }
  if (known && made->seq <= shared) return {.seq = made->seq};
  return {.reason = "CURSOR_REWOUND",
          .seq = std::min({made->seq, shared, last_seq})};
}

// `last_seq` is not below what the log had when it was restored.
Violation CheckDecode(std::string_view cursor, std::int64_t last_seq) {
  const events::CursorCodec codec(PresentIdentity());
  const Expected expected = ExpectedOf(MadeByEncode(cursor), last_seq);
  const auto decoded = codec.Decode(cursor, last_seq);
  if (decoded.ok()) {
    if (!expected.reason.empty()) {
      return absl::StrCat("accepted, not ", expected.reason);
    }
    return *decoded == expected.seq ? Violation() : "read as another place";
  }
  const google::rpc::ErrorInfo info = ErrorInfoOf(decoded.status());
  if (info.reason() != expected.reason) {
    return absl::StrCat("refused with '", info.reason(), "', not '",
                        expected.reason, "'");
  }
  if (expected.reason == "CURSOR_INVALID") {
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
  if (!again.ok() || *again != expected.seq) {
    return "the cursor to go on at is not good";
  }
  return std::nullopt;
}

// Bytes reads numbers, one after the other, from the beginning of an input.
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

// It makes cursors as a log's lives do, near what decides, and changes them.
Violation CheckRoundTrip(std::string_view input) {
  Bytes bytes(input);
  Position position{.log_id = kLogId};
  position.epoch = bytes.Take(1) % 2 == 0
                       ? kLives[bytes.Take(1) % std::ssize(kLives)].epoch
                       : bytes.Take(4);
  const std::int64_t trunk = bytes.Take(1) % 3;
  position.trunk = kWholeLog;
  if (trunk == 0) position.trunk = kPresent.trunk;
  if (trunk == 2) position.trunk = bytes.Take(8);
  const std::int64_t last_seq = bytes.Take(8);
  position.seq = bytes.Take(8);
  const auto at = static_cast<std::size_t>(bytes.Take(1));
  const char other = static_cast<char>(bytes.Take(1));
  std::string cursor = EncodeThere(position);
  if (!MadeByEncode(cursor).has_value()) return "Encode makes another layout";
  for (const std::int64_t last : {last_seq, position.seq, kLastSeq}) {
    if (last < kLives[1].shared) continue;
    if (Violation bad = CheckDecode(cursor, last)) return bad;
  }
  cursor[at % cursor.size()] = other;
  return CheckDecode(cursor, kWholeLog);
}

}  // namespace

Violation CheckCursor(std::string_view input) {
  if (Violation bad = CheckDecode(input, kLastSeq)) return bad;
  return CheckRoundTrip(input);
}

}  // namespace linktor::fuzz
