#include "server/events/cursor.h"

#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/escaping.h"
#include "tests/support/status_matchers.h"

namespace linktor {
namespace {

constexpr std::int64_t kLast = 1000;

class CursorCodecTest : public testing::Test {
 protected:
  const CursorCodec codec_{{.log_id = "log-id-1", .epoch = 3}};
};

TEST_F(CursorCodecTest, RoundTrip) {
  for (const std::int64_t seq : {0L, 1L, 255L, 256L, 1000L}) {
    EXPECT_EQ(*codec_.Decode(codec_.Encode(seq), kLast), seq);
  }
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(*codec_.Decode(codec_.Encode(huge), huge), huge);
}

// Persisted by clients: this text must be understood for ever.
TEST_F(CursorCodecTest, LayoutDoesNotChange) {
  EXPECT_EQ(codec_.Encode(42), "AWxvZy1pZC0xAAAAAwAAAAAAAAAqefQ5ow");
}

TEST_F(CursorCodecTest, IsUrlSafeText) {
  for (std::int64_t seq = 0; seq < 300; ++seq) {
    EXPECT_EQ(codec_.Encode(seq).find_first_of("+/= "), std::string::npos);
  }
}

TEST_F(CursorCodecTest, RefusesEveryChangedByte) {
  const std::string cursor = codec_.Encode(42);
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    for (const char c : {'A', 'B', 'g', '_', '-', '=', ' ', '\0', '\xff'}) {
      if (c == cursor[i]) continue;
      std::string damaged = cursor;
      damaged[i] = c;
      EXPECT_THAT(codec_.Decode(damaged, kLast), HasReason("CURSOR_INVALID"))
          << damaged;
    }
  }
}

// Every bit of the bytes behind the text; the checksum has to find these.
TEST_F(CursorCodecTest, RefusesEveryChangedBit) {
  std::string bytes;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(codec_.Encode(42), &bytes));
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    EXPECT_THAT(codec_.Decode(absl::WebSafeBase64Escape(damaged), kLast),
                HasReason("CURSOR_INVALID"))
        << bit;
  }
}

TEST_F(CursorCodecTest, RefusesOtherLengths) {
  const std::string cursor = codec_.Encode(42);
  for (std::size_t size = 0; size < cursor.size(); ++size) {
    EXPECT_THAT(codec_.Decode(cursor.substr(0, size), kLast),
                HasReason("CURSOR_INVALID"));
  }
  for (const char* tail : {"A", "=", "==", "\n", " ", "AAAA"}) {
    EXPECT_THAT(codec_.Decode(cursor + tail, kLast),
                HasReason("CURSOR_INVALID"));
  }
}

TEST_F(CursorCodecTest, RefusesAnotherLogs) {
  const CursorCodec other({.log_id = "log-id-2", .epoch = 3});
  const auto decoded = codec_.Decode(other.Encode(42), kLast);
  EXPECT_THAT(decoded, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(decoded, HasReason("CURSOR_INVALID"));
}

TEST_F(CursorCodecTest, TakesAnEarlierEpochs) {
  const CursorCodec earlier({.log_id = "log-id-1", .epoch = 2});
  EXPECT_EQ(*codec_.Decode(earlier.Encode(42), kLast), 42);
}

TEST_F(CursorCodecTest, LaterEpochIsRewound) {
  const CursorCodec later({.log_id = "log-id-1", .epoch = 4});
  const auto decoded = codec_.Decode(later.Encode(42), kLast);
  EXPECT_THAT(decoded, HasReason("CURSOR_REWOUND"));
  EXPECT_THAT(decoded, HasMetadata("restart_cursor", codec_.Encode(42)));
}

TEST_F(CursorCodecTest, BeyondTheEndIsRewound) {
  EXPECT_THAT(codec_.Decode(codec_.Encode(kLast), kLast), IsOk());
  const auto decoded = codec_.Decode(codec_.Encode(kLast + 1), kLast);
  EXPECT_THAT(decoded, StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(decoded, HasReason("CURSOR_REWOUND"));
  EXPECT_THAT(decoded, HasMetadata("restart_cursor", codec_.Encode(kLast)));
}

TEST_F(CursorCodecTest, NegativeSequencesAreDamage) {
  EXPECT_THAT(codec_.Decode(codec_.Encode(-1), kLast),
              HasReason("CURSOR_INVALID"));
}

}  // namespace
}  // namespace linktor
