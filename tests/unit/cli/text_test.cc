#include "client/cli/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace linktor::cli {
namespace {

TEST(EscapeControlsTest, NothingCanDriveATerminal) {
  EXPECT_EQ(EscapeControls("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(EscapeControls("a\r\n\tb\x07\x7f"), "a\\r\\n\\tb\\x07\\x7f");
  EXPECT_EQ(EscapeControls(std::string("a\0b", 3)), "a\\x00b");
  // The C1 control characters begin the same sequences with one character.
  EXPECT_EQ(EscapeControls("\u009b2J\u0085"), "\\u{9b}2J\\u{85}");
}

TEST(EscapeControlsTest, NothingCanReorderOrHide) {
  EXPECT_EQ(EscapeControls("\u202egnp.exe"), "\\u{202e}gnp.exe");
  EXPECT_EQ(EscapeControls("\u2066\u200b\u200f\ufeff\U000e0041"),
            "\\u{2066}\\u{200b}\\u{200f}\\u{feff}\\u{e0041}");
  EXPECT_EQ(EscapeControls("\u2028"), "\\u{2028}");
}

TEST(EscapeControlsTest, WritingOfPeopleStays) {
  for (const char* text : {"", "Olá!", "你好", "مرحبا", "👩‍👩‍👧",
                           "❤️", R"("quoted" \)"}) {
    EXPECT_EQ(EscapeControls(text), text);
  }
}

TEST(EscapeControlsTest, BytesThatAreNoCharactersAreShown) {
  EXPECT_EQ(EscapeControls("a\xff"), "a\\xff");
  EXPECT_EQ(EscapeControls("\xc3"), "\\xc3");                    // cut short
  EXPECT_EQ(EscapeControls("\xc0\x9b"), "\\xc0\\x9b");           // overlong
  EXPECT_EQ(EscapeControls("\xe0\x82\x9b"), "\\xe0\\x82\\x9b");  // overlong
  EXPECT_EQ(EscapeControls("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // surrogate
  EXPECT_EQ(EscapeControls("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

// Whatever the bytes, what comes out has no control character.
TEST(EscapeControlsTest, EveryPairOfBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first),
                                static_cast<char>(second)};
      for (const char c : EscapeControls(text)) {
        const auto byte = static_cast<unsigned char>(c);
        ASSERT_TRUE(byte >= 0x20 && byte != 0x7f) << first << " " << second;
      }
    }
  }
}

TEST(QuoteTest, CannotLookLikeItsSurroundings) {
  EXPECT_EQ(Quote("\" (msg_1)\\"), "\"\\\" (msg_1)\\\\\"");
}

TEST(QuoteTest, CutsCharactersNotBytes) {
  EXPECT_EQ(Quote("éèà", 2), "\"éè…\"");
  EXPECT_EQ(Quote("éèà", 3), "\"éèà\"");
}

TEST(ShortenTest, KeepsBeginningAndEnd) {
  EXPECT_EQ(Shorten("m_1"), "m_1");
  EXPECT_EQ(Shorten("aWdfZAG1faXRlbToxOklHTWVzc2FnZA"), "aWdf…Vzc2FnZA");
  EXPECT_EQ(Shorten("\x1b[2J"), "\\x1b[2J");
}

TEST(ShowTimeTest, InTheZoneGivenAndNothingForNoTime) {
  google::protobuf::Timestamp time;
  EXPECT_EQ(ShowTime(time, absl::UTCTimeZone()), "");
  time.set_seconds(1767323045);
  EXPECT_EQ(ShowTime(time, absl::UTCTimeZone()), "2026-01-02 03:04:05+00:00");
  EXPECT_EQ(ShowTime(time, absl::FixedTimeZone(3600)),
            "2026-01-02 04:04:05+01:00");
}

TEST(ShowDurationTest, InUnitsThatReadWell) {
  EXPECT_EQ(ShowDuration(absl::Seconds(30)), "30 s");
  EXPECT_EQ(ShowDuration(absl::Milliseconds(1500)), "1.5 s");
  EXPECT_EQ(ShowDuration(absl::Seconds(121)), "3 min");
}

}  // namespace
}  // namespace linktor::cli
