#include "server/channels/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "server/state/effects.h"
#include "tests/support/channel_rows.h"
#include "tests/support/log_capture.h"
#include "tests/support/status_matchers.h"

namespace linktor::channels {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::int64_t kNo = 101;

// Nothing is stored: the sealer knows its own keys alone.
class NoKeys final : public seal::KeySource {
 public:
  absl::StatusOr<std::optional<journal::DataKey>> FindKey(
      const seal::KeyScope&) override {
    return std::nullopt;
  }
  absl::StatusOr<std::optional<journal::DataKey>> FindKeyById(
      std::int64_t) override {
    return std::nullopt;
  }
};

class ChannelRegistryTest : public ::testing::Test {
 protected:
  static ChannelContent Content(const std::string& id = "ch_1") {
    ChannelContent content;
    content.channel.set_id(id);
    content.channel.set_name("Shop");
    content.channel.set_instagram_account_id("account of " + id);
    content.channel.set_page_id("page of " + id);
    content.credentials.set_access_token("token");
    content.credentials.set_verify_token("verify");
    content.credentials.add_app_secrets("app secret");
    return content;
  }
  state::ChannelRow Row(std::int64_t revision = 1,
                        const ChannelContent& content = Content()) {
    return MakeChannelRow(sealer_, kNo, content, revision);
  }
  static state::ChannelRow DeletedRow(std::int64_t no, std::int64_t revision) {
    return {.no = no, .revision = revision, .id = "ch_1", .deleted = true};
  }
  void Tell(const state::ChannelRow& row) {
    const journal::Record record;
    state::Effects effects;
    effects.channels.push_back(row);
    const journal::AppliedRecord told{.record = record, .effects = effects};
    registry_.OnCommit({&told, 1});
  }

  NoKeys keys_;
  seal::Sealer sealer_{Secret(std::string(32, 'k')), keys_};
  ChannelRegistry registry_{sealer_};
};

TEST_F(ChannelRegistryTest, ALoadedChannelIsFoundByItsIds) {
  ASSERT_THAT(registry_.Load({Row()}), IsOk());
  const auto entry = registry_.Find("ch_1");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->no, kNo);
  EXPECT_EQ(entry->channel.name(), "Shop");
  EXPECT_EQ(entry->access_token.Reveal(), "token");
  EXPECT_EQ(entry->verify_token.Reveal(), "verify");
  EXPECT_TRUE(entry->HasSecret(sealer_.Fingerprint("app secret")));
  EXPECT_EQ(registry_.FindOwner("account of ch_1"), entry);
  EXPECT_EQ(registry_.FindOwner("page of ch_1"), entry);
  EXPECT_EQ(registry_.Find("ch_2"), nullptr);
}

TEST_F(ChannelRegistryTest, AChangeIsTakenFromTheFeed) {
  ASSERT_THAT(registry_.Load({Row()}), IsOk());
  ChannelContent changed = Content();
  changed.channel.set_page_id("another page");
  v1::IceBreaker& breaker = *changed.ice_breakers.Add();
  breaker.set_question("Where are you?");
  breaker.set_payload("WHERE");
  Tell(Row(2, changed));
  EXPECT_EQ(registry_.FindOwner("page of ch_1"), nullptr);
  const auto entry = registry_.FindOwner("another page");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->revision, 2);
  EXPECT_TRUE(entry->IsIceBreaker("Where are you?", "WHERE"));
  EXPECT_THAT(registry_.List(), SizeIs(1));
}

// The rows were read before a change that the feed has told.
TEST_F(ChannelRegistryTest, ARowThatIsOlderThanTheFeedIsIgnored) {
  ChannelContent changed = Content();
  changed.channel.set_name("Café");
  Tell(Row(2, changed));
  ASSERT_THAT(registry_.Load({Row()}), IsOk());
  EXPECT_EQ(registry_.Find("ch_1")->channel.name(), "Café");
}

TEST_F(ChannelRegistryTest, ADeletedChannelStaysGone) {
  ASSERT_THAT(registry_.Load({Row()}), IsOk());
  Tell(DeletedRow(kNo, 2));
  ASSERT_THAT(registry_.Load({Row()}), IsOk());
  EXPECT_EQ(registry_.Find("ch_1"), nullptr);
  EXPECT_EQ(registry_.FindOwner("account of ch_1"), nullptr);
}

TEST_F(ChannelRegistryTest, ADeletionLeavesTheNextChannelOfThatIdAlone) {
  ASSERT_THAT(registry_.Load({MakeChannelRow(sealer_, kNo + 1, Content())}),
              IsOk());
  Tell(DeletedRow(kNo, 2));
  ASSERT_NE(registry_.Find("ch_1"), nullptr);
  EXPECT_EQ(registry_.Find("ch_1")->no, kNo + 1);
}

TEST_F(ChannelRegistryTest, WhatTheProcessLearntOutlivesAChange) {
  ASSERT_THAT(registry_.Load({Row()}), IsOk());
  const auto before = registry_.Find("ch_1");
  before->NoteSecret(sealer_.Fingerprint("app secret"));
  before->notes->token = TokenState::kRefused;
  Tell(Row(2));
  const auto after = registry_.Find("ch_1");
  EXPECT_EQ(after->notes, before->notes);
  EXPECT_EQ(after->notes->token, TokenState::kRefused);
  EXPECT_NE(after->notes->last_secret, 0U);
}

TEST_F(ChannelRegistryTest, AnotherTokenIsNotYetKnown) {
  ASSERT_THAT(registry_.Load({Row()}), IsOk());
  registry_.Find("ch_1")->notes->token = TokenState::kRefused;
  ChannelContent changed = Content();
  changed.credentials.set_access_token("another token");
  Tell(Row(2, changed));
  EXPECT_EQ(registry_.Find("ch_1")->notes->token, TokenState::kUnknown);
}

// Its secrets may have been changed because somebody has stolen them.
TEST_F(ChannelRegistryTest, AChangedChannelThatCannotBeOpenedIsTakenOut) {
  ASSERT_THAT(registry_.Load(
                  {Row(), MakeChannelRow(sealer_, kNo + 1, Content("ch_2"))}),
              IsOk());
  state::ChannelRow damaged = Row(2);
  damaged.sealed_credentials.back() ^= 1;
  const LogCapture log;
  Tell(damaged);
  EXPECT_EQ(registry_.Find("ch_1"), nullptr);
  EXPECT_EQ(registry_.FindOwner("account of ch_1"), nullptr);
  EXPECT_EQ(registry_.FindOwner("page of ch_1"), nullptr);
  EXPECT_EQ(log.Count("changed channel cannot be opened"), 1U);
  EXPECT_EQ(log.Count("ch_1"), 1U);
  EXPECT_NE(registry_.Find("ch_2"), nullptr);
  Tell(Row(3));
  EXPECT_NE(registry_.Find("ch_1"), nullptr);
}

TEST_F(ChannelRegistryTest, EveryPartOfARowMustBeReadable) {
  ChannelContent content = Content();
  content.ice_breakers.Add()->set_question("Where are you?");
  for (std::string state::ChannelRow::*part :
       {&state::ChannelRow::sealed_channel,
        &state::ChannelRow::sealed_credentials,
        &state::ChannelRow::sealed_ice_breakers}) {
    state::ChannelRow damaged = Row(1, content);
    (damaged.*part).back() ^= 1;
    const absl::Status loaded = registry_.Load({damaged});
    EXPECT_THAT(loaded, StatusIs(absl::StatusCode::kDataLoss));
    EXPECT_THAT(std::string(loaded.message()), HasSubstr("channel 'ch_1'"));
  }
  EXPECT_THAT(registry_.List(), IsEmpty());
}

// A row's parts cannot be exchanged for those of another channel, nor for each
// other.
TEST_F(ChannelRegistryTest, ThePartsOfARowAreTiedToTheirPlace) {
  const state::ChannelRow other =
      MakeChannelRow(sealer_, kNo + 1, Content("ch_2"));
  state::ChannelRow row = Row();
  row.sealed_credentials = other.sealed_credentials;
  EXPECT_THAT(registry_.Load({row}), StatusIs(absl::StatusCode::kDataLoss));
  row = Row();
  row.sealed_credentials = row.sealed_channel;
  EXPECT_THAT(registry_.Load({row}), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(ChannelRegistryTest, NothingThatCanBePrintedHoldsCredentials) {
  ASSERT_THAT(registry_.Load({Row()}), IsOk());
  const auto entry = registry_.Find("ch_1");
  EXPECT_THAT(entry->channel.DebugString(), Not(HasSubstr("token\"")));
  EXPECT_THAT(entry->sealed_credentials, Not(HasSubstr("token")));
  EXPECT_THAT(entry->sealed_credentials, Not(HasSubstr("app secret")));
}

}  // namespace
}  // namespace linktor::channels
