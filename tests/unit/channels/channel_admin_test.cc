#include "server/channels/channel_admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/fakes/rival_journal.h"
#include "tests/support/proto_matchers.h"
#include "tests/unit/channels/channels_fixture.h"

namespace linktor::channels {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class ChannelAdminTest : public ChannelsFixture {
 protected:
  v1::Channel Create(const v1::CreateChannelRequest& request) {
    auto created = admin_->Create(request);
    EXPECT_THAT(created, IsOk());
    return created.ok() ? *created : v1::Channel();
  }
  absl::Status Remember(const std::string& question) {
    google::protobuf::RepeatedPtrField<v1::IceBreaker> wanted;
    v1::IceBreaker& one = *wanted.Add();
    one.set_question(question);
    one.set_payload("PAYLOAD");
    return admin_->RememberIceBreakers("ch_1", wanted, {});
  }
};

TEST_F(ChannelAdminTest, AChannelIsTheSameAfterARestart) {
  Create(Request("ch_1", "1784", "100"));
  ASSERT_THAT(Rename("ch_1", "Shop"), IsOk());
  ASSERT_THAT(Remember("Where are you?"), IsOk());
  const auto before = registry_->Find("ch_1");
  Close();
  Open();
  const auto after = registry_->Find("ch_1");
  ASSERT_NE(after, nullptr);
  EXPECT_NE(after, before);
  EXPECT_THAT(after->channel, EqualsProto(before->channel));
  EXPECT_EQ(after->channel.name(), "Shop");
  EXPECT_EQ(after->revision, 3);
  EXPECT_EQ(after->access_token.Reveal(), "token of ch_1");
  EXPECT_EQ(after->verify_token.Reveal(), "verify ch_1");
  EXPECT_THAT(after->secrets, SizeIs(1));
  EXPECT_TRUE(after->IsIceBreaker("Where are you?", "PAYLOAD"));
}

TEST_F(ChannelAdminTest, AChannelWhoseCreatorDoesNotKnowTheRegistryIsKnown) {
  ChannelRegistry nobodys(folder_->sealer());
  ChannelAdmin other(clock_, *journal_, folder_->sealer(), nobodys);
  ASSERT_THAT(other.Create(Request("ch_1", "1784", "100")), IsOk());
  EXPECT_NE(registry_->Find("ch_1"), nullptr);
  EXPECT_EQ(nobodys.Find("ch_1"), nullptr);
}

TEST_F(ChannelAdminTest, TheStateHoldsNamesAndCredentialsSealed) {
  auto request = Request("ch_1", "1784", "100");
  request.mutable_channel()->set_name("Flower shop");
  Create(request);
  const auto rows = folder_->state().LiveChannels();
  ASSERT_THAT(rows, IsOk());
  ASSERT_THAT(*rows, SizeIs(1));
  const state::ChannelRow& row = rows->front();
  EXPECT_EQ(row.account_id, "1784");
  EXPECT_EQ(row.page_id, "100");
  EXPECT_THAT(row.sealed_channel, Not(HasSubstr("Flower")));
  EXPECT_THAT(row.sealed_credentials, Not(HasSubstr("token")));
  EXPECT_THAT(row.sealed_ice_breakers, IsEmpty());
}

TEST_F(ChannelAdminTest, ACreationThatIsRepeatedMakesNoSecondChannel) {
  auto request = Request("", "1784", "100");
  request.set_request_id("first");
  const v1::Channel created = Create(request);
  ASSERT_THAT(Rename(created.id(), "Shop"), IsOk());
  const v1::Channel again = Create(request);
  EXPECT_EQ(again.id(), created.id());
  EXPECT_EQ(again.name(), "Shop");
  EXPECT_THAT(registry_->List(), SizeIs(1));
  request.mutable_channel()->set_name("other");
  const auto reused = admin_->Create(request);
  EXPECT_THAT(reused, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(reused, HasReason("REQUEST_ID_REUSED"));
  EXPECT_THAT(reused, HasMetadata("request_id", "first"));
  EXPECT_EQ(reused.status().message(),
            "the request id was used for another channel; use a new one");
}

TEST_F(ChannelAdminTest, AnIdInUseIsRefused) {
  Create(Request("ch_1", "1784", "100"));
  ASSERT_THAT(Delete("ch_1"), IsOk());
  const auto again = admin_->Create(Request("ch_1", "1785", "101"));
  EXPECT_THAT(again, StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(again, HasReason("CHANNEL_ALREADY_EXISTS"));
  EXPECT_THAT(again, HasMetadata("channel_id", "ch_1"));
  EXPECT_EQ(again.status().message(),
            "the channel id 'ch_1' is in use, or was within the last 72 hours; "
            "choose another");
}

TEST_F(ChannelAdminTest, AnAccountOfAnotherChannelIsRefused) {
  Create(Request("ch_1", "1784", "100"));
  Create(Request("ch_2", "1785", "101"));
  const auto created = admin_->Create(Request("ch_3", "1784", "102"));
  EXPECT_THAT(created, StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(created, HasReason("ACCOUNT_ALREADY_CONNECTED"));
  EXPECT_THAT(created, HasMetadata("channel_id", "ch_1"));
  EXPECT_EQ(created.status().message(),
            "the Instagram account or page belongs to channel 'ch_1'; use it, "
            "or delete it first");
  v1::UpdateChannelRequest request;
  request.mutable_channel()->set_id("ch_2");
  request.mutable_channel()->set_page_id("100");
  request.mutable_update_mask()->add_paths("page_id");
  EXPECT_THAT(admin_->Update(request), HasReason("ACCOUNT_ALREADY_CONNECTED"));
  EXPECT_EQ(registry_->Find("ch_2")->channel.page_id(), "101");
}

// ---- Identity and etags -----------------------------------------------------

TEST_F(ChannelAdminTest, AUidIsOfOneChannelForEver) {
  const v1::Channel first = Create(Request("ch_1", "1784", "100"));
  EXPECT_THAT(first.uid(), ::testing::StartsWith("chu_"));
  ASSERT_THAT(Rename("ch_1", "Shop"), IsOk());
  EXPECT_EQ(registry_->Find("ch_1")->channel.uid(), first.uid());
  // Another channel has the account afterwards.
  ASSERT_THAT(Delete("ch_1"), IsOk());
  const v1::Channel second = Create(Request("ch_2", "1784", "100"));
  EXPECT_NE(first.uid(), second.uid());
}

TEST_F(ChannelAdminTest, AnEtagChangesWithTheChannelAndItsCredentials) {
  const v1::Channel created = Create(Request("ch_1", "1784", "100"));
  ASSERT_THAT(Rename("ch_1", "Shop"), IsOk());
  const std::string renamed = registry_->Find("ch_1")->channel.etag();
  EXPECT_NE(renamed, created.etag());
  v1::SetChannelCredentialsRequest request;
  request.set_channel_id("ch_1");
  request.set_access_token("another");
  const auto changed = admin_->SetCredentials(request);
  ASSERT_THAT(changed, IsOk());
  EXPECT_NE(changed->etag(), renamed);
  // Callers do not see what is remembered of ice breakers.
  ASSERT_THAT(Remember("Where are you?"), IsOk());
  EXPECT_EQ(registry_->Find("ch_1")->channel.etag(), changed->etag());
}

TEST_F(ChannelAdminTest, AnOldEtagChangesNothing) {
  const v1::Channel created = Create(Request("ch_1", "1784", "100"));
  ASSERT_THAT(Rename("ch_1", "Shop"), IsOk());
  const v1::Channel before = registry_->Find("ch_1")->channel;
  const auto expect_refused = [&](const absl::Status& status) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kAborted));
    EXPECT_THAT(status, HasReason("CHANNEL_CHANGED"));
    EXPECT_THAT(status, HasMetadata("channel_id", "ch_1"));
    EXPECT_THAT(status, HasMetadata("etag", before.etag()));
    ASSERT_NE(registry_->Find("ch_1"), nullptr);
    EXPECT_THAT(registry_->Find("ch_1")->channel, EqualsProto(before));
  };
  v1::UpdateChannelRequest update;
  *update.mutable_channel() = created;
  update.mutable_channel()->set_name("Other");
  update.mutable_update_mask()->add_paths("name");
  expect_refused(admin_->Update(update).status());
  v1::SetChannelCredentialsRequest set;
  set.set_channel_id("ch_1");
  set.set_access_token("another");
  set.set_etag(created.etag());
  expect_refused(admin_->SetCredentials(set).status());
  v1::DeleteChannelRequest remove;
  remove.set_channel_id("ch_1");
  remove.set_etag(created.etag());
  expect_refused(admin_->Delete(remove));

  update.mutable_channel()->set_etag(before.etag());
  const auto updated = admin_->Update(update);
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->name(), "Other");
  remove.set_etag(updated->etag());
  EXPECT_THAT(admin_->Delete(remove), IsOk());
}

// The change comes between the look at the etag and the record.
TEST_F(ChannelAdminTest, AnEtagHoldsUntilTheDeletionIsApplied) {
  const v1::Channel created = Create(Request("ch_1", "1784", "100"));
  RivalJournal rival(*journal_);
  rival.before_delete = [&] { EXPECT_THAT(Rename("ch_1", "Shop"), IsOk()); };
  ChannelAdmin admin(clock_, rival, folder_->sealer(), *registry_);
  v1::DeleteChannelRequest remove;
  remove.set_channel_id("ch_1");
  remove.set_etag(created.etag());
  EXPECT_THAT(admin.Delete(remove), HasReason("CHANNEL_CHANGED"));
  EXPECT_EQ(registry_->Find("ch_1")->channel.name(), "Shop");
}

// ---- Deletion ---------------------------------------------------------------

TEST_F(ChannelAdminTest, ADeletedChannelIsGoneAtOnce) {
  Create(Request("ch_1", "1784", "100"));
  ASSERT_THAT(Delete("ch_1"), IsOk());
  EXPECT_EQ(registry_->Find("ch_1"), nullptr);
  EXPECT_EQ(registry_->FindOwner("1784"), nullptr);
  const absl::Status again = Delete("ch_1");
  EXPECT_EQ(again, ChannelNotFound("ch_1"));
  EXPECT_EQ(Rename("ch_1", "Shop"), ChannelNotFound("ch_1"));
}

// The registry may still have a channel whose deletion is being applied.
TEST_F(ChannelAdminTest, AChannelThatIsDeletedMeanwhileIsNotFound) {
  Create(Request("ch_1", "1784", "100"));
  RivalJournal rival(*journal_);
  rival.before_update = [&] { EXPECT_THAT(Delete("ch_1"), IsOk()); };
  ChannelAdmin slow(clock_, rival, folder_->sealer(), *registry_);
  v1::SetChannelCredentialsRequest request;
  request.set_channel_id("ch_1");
  request.set_access_token("another");
  EXPECT_EQ(slow.SetCredentials(request).status(), ChannelNotFound("ch_1"));
}

// Two who change different fields at the same time must both have their way.
TEST_F(ChannelAdminTest, AChangeThatComesBetweenIsKept) {
  Create(Request("ch_1", "1784", "100"));
  RivalJournal rival(*journal_);
  int attempts = 0;
  rival.before_update = [&] {
    if (attempts++ > 0) return;
    EXPECT_THAT(Rename("ch_1", "Shop"), IsOk());
  };
  ChannelAdmin slow(clock_, rival, folder_->sealer(), *registry_);
  v1::SetChannelCredentialsRequest request;
  request.set_channel_id("ch_1");
  request.set_access_token("another");
  const auto changed = slow.SetCredentials(request);
  ASSERT_THAT(changed, IsOk());
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(changed->name(), "Shop");
  const auto entry = registry_->Find("ch_1");
  EXPECT_EQ(entry->revision, 3);
  EXPECT_EQ(entry->access_token.Reveal(), "another");
  EXPECT_EQ(entry->verify_token.Reveal(), "verify ch_1");
}

// OVERLOADED is RESOURCE_EXHAUSTED wherever it is said.
TEST_F(ChannelAdminTest, AChannelThatOthersAlwaysChangeIsGivenUp) {
  Create(Request("ch_1", "1784", "100"));
  RivalJournal rival(*journal_);
  rival.before_update = [&] { EXPECT_THAT(Rename("ch_1", "Shop"), IsOk()); };
  ChannelAdmin slow(clock_, rival, folder_->sealer(), *registry_);
  v1::SetChannelCredentialsRequest request;
  request.set_channel_id("ch_1");
  request.set_access_token("another");
  const auto changed = slow.SetCredentials(request);
  EXPECT_THAT(changed, HasReason("OVERLOADED"));
  EXPECT_THAT(changed, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(registry_->Find("ch_1")->access_token.Reveal(), "token of ch_1");
}

TEST_F(ChannelAdminTest, EarlierIceBreakersStayKnown) {
  Create(Request("ch_1", "1784", "100"));
  ASSERT_THAT(Remember("Where are you?"), IsOk());
  ASSERT_THAT(Remember("When do you open?"), IsOk());
  const auto entry = registry_->Find("ch_1");
  EXPECT_TRUE(entry->IsIceBreaker("Where are you?", "PAYLOAD"));
  EXPECT_TRUE(entry->IsIceBreaker("When do you open?", "PAYLOAD"));
  // Ice breakers that are known already change nothing.
  ASSERT_THAT(Remember("Where are you?"), IsOk());
  EXPECT_EQ(registry_->Find("ch_1")->revision, entry->revision);
}

}  // namespace
}  // namespace linktor::channels
