#include "server/events/cursor.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "tests/support/status_matchers.h"

namespace linktor::events {
namespace {

constexpr std::int64_t kLast = 1000;

// The former lives ended there.
constexpr state::FormerEpoch kFirst{.epoch = 1, .last_seq = 600};
constexpr state::FormerEpoch kSecond{.epoch = 4, .last_seq = 800};

CursorCodec Life(std::int64_t epoch, std::vector<state::FormerEpoch> former) {
  return CursorCodec(
      {.log_id = "log-id-1", .epoch = epoch, .former = std::move(former)});
}

// The log has been restored twice.
class CursorCodecTest : public testing::Test {
 protected:
  // The cursor is refused, and `restart` is where nothing is missed.
  void ExpectRewound(const std::string& cursor, std::int64_t restart) {
    const auto decoded = codec_.Decode(cursor, kLast);
    EXPECT_THAT(decoded, StatusIs(absl::StatusCode::kOutOfRange));
    EXPECT_THAT(decoded, HasReason("CURSOR_REWOUND"));
    EXPECT_THAT(decoded, HasMetadata("restart_cursor", codec_.Encode(restart)));
  }

  const CursorCodec codec_ = Life(9, {kFirst, kSecond});
};

TEST_F(CursorCodecTest, RoundTrip) {
  for (const std::int64_t seq : {0L, 1L, 255L, 256L, 1000L}) {
    EXPECT_EQ(*codec_.Decode(codec_.Encode(seq), kLast), seq);
  }
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(*codec_.Decode(codec_.Encode(huge), huge), huge);
}

// Clients persist it: this text must be understood for ever.
TEST_F(CursorCodecTest, LayoutDoesNotChange) {
  EXPECT_EQ(Life(1, {}).Encode(42),
            "AWxvZy1pZC0xAAAAAQAAAAAAAAAqf_________--S_X2");
  EXPECT_EQ(codec_.Encode(42), "AWxvZy1pZC0xAAAACQAAAAAAAAAqAAAAAAAAAlgOd21I");
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

// Any bit of the bytes behind the text may change; the checksum has to find it.
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
  const CursorCodec other({.log_id = "log-id-2", .epoch = 9});
  const auto decoded = codec_.Decode(other.Encode(42), kLast);
  EXPECT_THAT(decoded, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(decoded, HasReason("CURSOR_INVALID"));
}

TEST_F(CursorCodecTest, BeyondTheEndIsRewound) {
  EXPECT_THAT(codec_.Decode(codec_.Encode(kLast), kLast), IsOk());
  ExpectRewound(codec_.Encode(kLast + 1), kLast);
}

// ---- Other lives ------------------------------------------------------------

TEST_F(CursorCodecTest, FormerLivesAreTakenUpToTheirEnd) {
  EXPECT_EQ(*codec_.Decode(Life(1, {}).Encode(600), kLast), 600);
  EXPECT_EQ(*codec_.Decode(Life(4, {kFirst}).Encode(800), kLast), 800);
}

// The present life has never seen what they had after their backup.
TEST_F(CursorCodecTest, BeyondTheEndOfAFormerLifeIsRewound) {
  ExpectRewound(Life(1, {}).Encode(601), 600);
  ExpectRewound(Life(4, {kFirst}).Encode(900), 800);
}

// The log was restored elsewhere, too. Up to where the first life was backed up
// its events are the present one's; nobody here can know more.
TEST_F(CursorCodecTest, UnknownLifeIsRewoundToTheCommonTrunk) {
  const CursorCodec unknown = Life(77, {kFirst, {.epoch = 5, .last_seq = 900}});
  ExpectRewound(unknown.Encode(42), 42);
  ExpectRewound(unknown.Encode(850), 600);
  const CursorCodec older = Life(78, {{.epoch = 1, .last_seq = 300}});
  ExpectRewound(older.Encode(850), 300);
}

// Two lives may have drawn the same epoch.
TEST_F(CursorCodecTest, SameEpochWithAnotherTrunkIsAnotherLife) {
  ExpectRewound(Life(9, {{.epoch = 1, .last_seq = 300}}).Encode(500), 300);
  ExpectRewound(Life(4, {{.epoch = 1, .last_seq = 700}}).Encode(700), 600);
}

TEST_F(CursorCodecTest, FirstLifeKnowsNoneOfLaterOnes) {
  const CursorCodec first = Life(1, {});
  EXPECT_EQ(*first.Decode(first.Encode(42), kLast), 42);
  const auto decoded = first.Decode(codec_.Encode(700), kLast);
  EXPECT_THAT(decoded, HasReason("CURSOR_REWOUND"));
  EXPECT_THAT(decoded, HasMetadata("restart_cursor", first.Encode(600)));
}

TEST_F(CursorCodecTest, NegativeSequencesAreDamage) {
  EXPECT_THAT(codec_.Decode(codec_.Encode(-1), kLast),
              HasReason("CURSOR_INVALID"));
}

}  // namespace
}  // namespace linktor::events
