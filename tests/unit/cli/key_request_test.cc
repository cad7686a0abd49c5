#include "client/cli/key_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/proto_matchers.h"
#include "tests/support/status_matchers.h"

namespace linktor::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kRequestTime = absl::FromUnixSeconds(1'000'000'000);

TEST(PermissionNamesTest, AllOfTheContractAndBack) {
  EXPECT_THAT(PermissionNames(),
              ElementsAre("read-events", "read-messages", "send",
                          "manage-channels", "manage-access"));
  for (const std::string& name : PermissionNames()) {
    EXPECT_EQ(PermissionName(ParsePermission(name)), name);
  }
  for (const char* name : {"", "unspecified", "sends", "read"}) {
    EXPECT_EQ(ParsePermission(name), v1::PERMISSION_UNSPECIFIED) << name;
  }
  EXPECT_EQ(PermissionName(static_cast<v1::Permission>(99)), "99");
}

TEST(ParseExpiryTest, DurationOrTime) {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"90d", 1'000'000'000 + 90 * 86'400},
      {"24h", 1'000'000'000 + 86'400},
      {"1h30m", 1'000'000'000 + 5400},
      {"2027-01-01T00:00:00Z", 1'798'761'600},
      {"2027-01-01T01:00:00+01:00", 1'798'761'600},
  };
  for (const auto& [text, seconds] : cases) {
    const auto expiry = ParseExpiry(text, kRequestTime);
    ASSERT_THAT(expiry, IsOk()) << text;
    EXPECT_EQ(expiry->seconds(), seconds) << text;
  }
}

TEST(ParseExpiryTest, AnythingElseIsAnErrorThatShowsTheForms) {
  for (const char* text : {"", "tomorrow", "90", "d", "2027-01-01", "9x"}) {
    EXPECT_THAT(ParseExpiry(text, kRequestTime).status().message(),
                AllOf(HasSubstr("90d"), HasSubstr("2027-01-01T00:00:00Z")))
        << text;
  }
}

TEST(ParseExpiryTest, MustLieAheadAndWithinTheCalendar) {
  for (const char* text : {"0d", "-1h", "2001-01-01T00:00:00Z"}) {
    EXPECT_THAT(ParseExpiry(text, kRequestTime).status().message(),
                HasSubstr("has passed already"))
        << text;
  }
  for (const char* text : {"9999999999d", "inf", "9223372036854775807d"}) {
    EXPECT_THAT(ParseExpiry(text, kRequestTime).status().message(),
                HasSubstr("too far away"))
        << text;
  }
}

TEST(BuildKeyTest, TakesWhatIsGiven) {
  const auto key = BuildKey({.name = "n",
                             .permissions = {"send", "read-events", "send"},
                             .channels = {"ch_a", "ch_b"},
                             .expires = "1h"},
                            kRequestTime);
  ASSERT_THAT(key, IsOk());
  EXPECT_THAT(*key, EqualsProto(R"pb(
    name: "n"
    permissions: PERMISSION_SEND
    permissions: PERMISSION_READ_EVENTS
    channel_ids: "ch_a"
    channel_ids: "ch_b"
    expire_time { seconds: 1000003600 })pb"));
}

std::vector<std::string> MaskOf(const KeyOptions& options) {
  const auto change = BuildChange(options, kRequestTime);
  if (!change.ok()) return {std::string(change.status().message())};
  return {change->mask.paths().begin(), change->mask.paths().end()};
}

TEST(BuildChangeTest, MaskNamesWhatIsGiven) {
  EXPECT_THAT(MaskOf({.name = ""}), ElementsAre("name"));
  EXPECT_THAT(MaskOf({.permissions = {"send"}}), ElementsAre("permissions"));
  EXPECT_THAT(MaskOf({.channels = {"ch"}}), ElementsAre("channel_ids"));
  EXPECT_THAT(MaskOf({.all_channels = true}), ElementsAre("channel_ids"));
  EXPECT_THAT(MaskOf({.expires = "1h"}), ElementsAre("expire_time"));
  EXPECT_THAT(MaskOf({.no_expiry = true}), ElementsAre("expire_time"));
  EXPECT_THAT(MaskOf({.id = "01"}),
              ElementsAre(HasSubstr("nothing to change")));
}

TEST(CheckKeyIdTest, TakesAnIdAndNotAWholeKey) {
  EXPECT_THAT(CheckKeyId("0123456789abcdef"), IsOk());
  for (const char* id : {"", "0123", "0123456789abcdeg", "0123456789abcdef0"}) {
    EXPECT_THAT(CheckKeyId(id).message(), HasSubstr("16 hex digits")) << id;
  }
  EXPECT_THAT(CheckKeyId("lig_0123456789abcdef_secret").message(),
              AllOf(HasSubstr("a whole key"), Not(HasSubstr("secret"))));
}

}  // namespace
}  // namespace linktor::cli
