#include "client/cli/key_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/proto_matchers.h"

namespace linktor::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const absl::TimeZone kUtc = absl::UTCTimeZone();
const absl::Time kShownAt = absl::FromUnixSeconds(1000);

v1::ApiKey Key(const std::string& text) { return ParseText<v1::ApiKey>(text); }

TEST(KeyStateTest, LiveDisabledOrExpired) {
  EXPECT_EQ(KeyState(Key(""), kShownAt), "live");
  EXPECT_EQ(KeyState(Key("expire_time { seconds: 1001 }"), kShownAt), "live");
  EXPECT_EQ(KeyState(Key("expire_time { seconds: 1000 }"), kShownAt),
            "expired");
  EXPECT_EQ(KeyState(Key("disabled: true"), kShownAt), "disabled");
  EXPECT_EQ(
      KeyState(Key("disabled: true expire_time { seconds: 1 }"), kShownAt),
      "disabled");
}

TEST(DescribeKeyTest, EveryLine) {
  EXPECT_EQ(Describe(Key(R"(id: "01" name: "CRM"
                            permissions: PERMISSION_READ_EVENTS
                            permissions: PERMISSION_SEND
                            channel_ids: "ch_a" channel_ids: "ch_b"
                            expire_time { seconds: 86400 }
                            create_time { seconds: 1 }
                            update_time { seconds: 2 }
                            last_use_time { seconds: 3 })"),
                     kShownAt, kUtc),
            "key             01\n"
            "name            CRM\n"
            "permissions     read-events,send\n"
            "channels        ch_a,ch_b\n"
            "state           live\n"
            "expires         1970-01-02 00:00:00+00:00\n"
            "last use        1970-01-01 00:00:03+00:00\n"
            "created         1970-01-01 00:00:01+00:00\n"
            "changed         1970-01-01 00:00:02+00:00\n");
  const std::string bare = Describe(Key(""), kShownAt, kUtc);
  EXPECT_THAT(bare, HasSubstr("channels        all\n"));
  EXPECT_THAT(bare, HasSubstr("expires         never\n"));
  EXPECT_THAT(bare, HasSubstr("last use        never\n"));
}

TEST(KeyTableTest, ColumnsAreAsWideAsTheirCharacters) {
  EXPECT_EQ(
      KeyTable({Key(R"(id: "0123456789abcdef" name: "Olá"
                             permissions: PERMISSION_SEND
                             channel_ids: "a" channel_ids: "b"
                             channel_ids: "c" channel_ids: "d"
                             channel_ids: "e")"),
                Key(R"(id: "1123456789abcdef" name: "x"
                             permissions: PERMISSION_MANAGE_ACCESS
                             disabled: true
                             last_use_time { seconds: 3 })")},
               kShownAt, kUtc),
      "ID                NAME  PERMISSIONS    CHANNELS          STATE     "
      "LAST USE\n"
      "0123456789abcdef  Olá   send           a,b,c and 2 more  live      "
      "never\n"
      "1123456789abcdef  x     manage-access  all               disabled  "
      "1970-01-01 00:00:03+00:00\n");
}

TEST(KeyTextTest, NothingDrivesATerminal) {
  const v1::ApiKey key = Key(R"(id: "\033" name: "\033" channel_ids: "\033")");
  EXPECT_THAT(KeyTable({key}, kShownAt, kUtc), Not(HasSubstr("\x1b")));
  EXPECT_THAT(Describe(key, kShownAt, kUtc), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace linktor::cli
