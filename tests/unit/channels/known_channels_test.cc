#include "server/channels/known_channels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/channels/channels_fixture.h"
#include "tests/unit/state/record_makers.h"

namespace linktor::channels {
namespace {

class KnownChannelsTest : public ChannelsFixture {
 protected:
  KnownChannelsTest() {
    EXPECT_THAT(admin_->Create(Request("ch_1", "1784", "100")), IsOk());
  }

  absl::Status Check(const std::vector<std::string>& ids) {
    const KnownChannels known(*registry_, folder_->state());
    return known.Check({ids.begin(), ids.end()});
  }
  void StoreAnEvent() {
    const std::int64_t channel_no = registry_->Find("ch_1")->no;
    journal::Record record =
        journal::NewRecord(absl::ToUnixMillis(clock_.Now()));
    journal::Webhook& webhook = *record.mutable_webhook();
    webhook.set_delivery_id(std::string(16, 'd'));
    webhook.set_channel_no(channel_no);
    journal::WebhookItem& item = *webhook.add_items();
    item.set_fate(journal::ITEM_FATE_EVENT);
    item.set_count(1);
    item.set_dedupe_key(std::string(24, 'k'));
    journal::NewEvent& event = *item.mutable_event();
    event.set_id(std::string(16, 'e'));
    event.set_type("instagram.unknown");
    event.set_channel_no(channel_no);
    event.set_channel_id("ch_1");
    event.set_sealed("sealed");
    const auto answer =
        journal::AppendAs<state::DeliveryAnswer>(*journal_, std::move(record));
    ASSERT_THAT(answer, IsOk());
    ASSERT_EQ(answer->events, 1);
  }
};

TEST_F(KnownChannelsTest, ALiveChannelMayBeNamed) {
  EXPECT_THAT(Check({}), IsOk());
  EXPECT_THAT(Check({"ch_1"}), IsOk());
}

TEST_F(KnownChannelsTest, TheFirstUnknownOneIsTold) {
  EXPECT_EQ(Check({"ch_1", "ch_2", "ch_3"}), ChannelNotFound("ch_2"));
}

// The last of them tells of the deletion.
TEST_F(KnownChannelsTest, ADeletedOneMayBeNamedWhileItsEventsAreStored) {
  StoreAnEvent();
  ASSERT_THAT(Delete("ch_1"), IsOk());
  EXPECT_THAT(Check({"ch_1"}), IsOk());
}

TEST_F(KnownChannelsTest, ADeletedOneWithoutEventsIsUnknown) {
  ASSERT_THAT(Delete("ch_1"), IsOk());
  // The last event is never deleted.
  ASSERT_THAT(admin_->Create(Request("ch_2", "1785", "200")), IsOk());
  const auto trimmed = journal::AppendAs<state::TrimAnswer>(
      *journal_, state::MakeTrim({.now_ms = absl::ToUnixMillis(clock_.Now()),
                                  .event_age_ms = -1}));
  ASSERT_THAT(trimmed, IsOk());
  ASSERT_EQ(trimmed->deleted, 2);
  EXPECT_EQ(Check({"ch_1"}), ChannelNotFound("ch_1"));
}

}  // namespace
}  // namespace linktor::channels
