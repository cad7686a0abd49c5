#include "server/access/key_admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/util/time_util.h"
#include "tests/fakes/rival_journal.h"
#include "tests/unit/access/access_fixture.h"

namespace linktor::access {
namespace {

using google::protobuf::util::TimeUtil;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class KeyAdminTest : public AccessFixture {
 protected:
  std::vector<std::string> Listed(const Caller& caller) {
    std::vector<std::string> ids;
    const v1::ListApiKeysResponse page = admin_->List(caller, {});
    for (const auto& key : page.api_keys()) {
      ids.push_back(key.id());
    }
    return ids;
  }
  // Returns a caller who may manage keys and send, for ch_1 and ch_2 only.
  Caller Limited() {
    return CallerOf(
        Create(Request({v1::PERMISSION_MANAGE_ACCESS, v1::PERMISSION_SEND},
                       {"ch_1", "ch_2"})));
  }
};

TEST_F(KeyAdminTest, ACreationThatIsRepeatedMakesNoSecondKey) {
  auto request = Request({v1::PERMISSION_SEND});
  request.set_request_id("first");
  const auto created = Create(request);
  EXPECT_FALSE(created.secret().empty());
  const auto again = Create(request);
  EXPECT_EQ(again.api_key().id(), created.api_key().id());
  EXPECT_EQ(again.secret(), "");
  EXPECT_THAT(Listed(Caller()), SizeIs(1));
  request.mutable_api_key()->set_name("other");
  EXPECT_THAT(admin_->Create(Caller(), request),
              HasReason("REQUEST_ID_REUSED"));
}

// The key may have been given foreign channels since; whoever made it would
// learn of them.
TEST_F(KeyAdminTest, ARepeatedCreationShowsNoMoreThanGetApiKey) {
  const Caller limited = Limited();
  auto request = Request({v1::PERMISSION_SEND}, {"ch_1"});
  request.set_request_id("first");
  const auto made = admin_->Create(limited, request);
  ASSERT_THAT(made, IsOk());
  EXPECT_THAT(admin_->Create(limited, request), IsOk());
  ASSERT_THAT(Update(made->api_key().id(), "channel_ids",
                     [](auto& key) { key.add_channel_ids("ch_3"); }),
              IsOk());
  EXPECT_THAT(admin_->Create(limited, request), HasReason("API_KEY_NOT_FOUND"));
}

TEST_F(KeyAdminTest, RequestIdsAreTheCreatorsOwn) {
  const Caller limited = Limited();
  auto request = Request({v1::PERMISSION_SEND}, {"ch_1"});
  request.set_request_id("first");
  const auto mine = Create(request);
  const auto theirs = admin_->Create(limited, request);
  ASSERT_THAT(theirs, IsOk());
  EXPECT_NE(theirs->api_key().id(), mine.api_key().id());
}

TEST_F(KeyAdminTest, AManagerOverAllChannelsGrantsEverything) {
  const Caller manager =
      CallerOf(Create(Request({v1::PERMISSION_MANAGE_ACCESS})));
  EXPECT_THAT(admin_->Create(manager, Request({v1::PERMISSION_READ_EVENTS,
                                               v1::PERMISSION_SEND})),
              IsOk());
}

TEST_F(KeyAdminTest, ALimitedManagerGrantsOnlyWhatItHas) {
  const Caller limited = Limited();
  EXPECT_THAT(admin_->Create(limited, Request({v1::PERMISSION_SEND}, {"ch_1"})),
              IsOk());
  EXPECT_THAT(
      admin_->Create(limited, Request({v1::PERMISSION_READ_EVENTS}, {"ch_1"})),
      HasReason("NOT_AUTHORIZED"));
  EXPECT_THAT(admin_->Create(limited, Request({v1::PERMISSION_SEND}, {"ch_3"})),
              HasReason("NOT_AUTHORIZED"));
  EXPECT_THAT(admin_->Create(limited, Request({v1::PERMISSION_SEND})),
              HasReason("NOT_AUTHORIZED"));
}

TEST_F(KeyAdminTest, ForALimitedManagerOtherKeysDoNotExist) {
  const Caller limited = Limited();
  const auto foreign = Create(Request({v1::PERMISSION_SEND}, {"ch_3"}));
  const auto stronger = Create(Request({v1::PERMISSION_READ_EVENTS}, {"ch_1"}));
  const auto wide = Create(Request({v1::PERMISSION_SEND}));
  const auto own = Create(Request({v1::PERMISSION_SEND}, {"ch_2"}));
  EXPECT_THAT(Listed(limited), SizeIs(2));  // its own key, and `own`
  const absl::Status missing =
      admin_->Get(limited, "ffffffffffffffff").status();
  for (const auto& hidden : {foreign, stronger, wide}) {
    const std::string& id = hidden.api_key().id();
    const absl::Status get = admin_->Get(limited, id).status();
    EXPECT_THAT(get, HasReason("API_KEY_NOT_FOUND"));
    EXPECT_EQ(get.code(), missing.code());
    EXPECT_THAT(admin_->Delete(limited, id), HasReason("API_KEY_NOT_FOUND"));
    EXPECT_THAT(
        Update(
            id, "disabled", [](auto& key) { key.set_disabled(true); }, limited),
        HasReason("API_KEY_NOT_FOUND"));
  }
  EXPECT_THAT(admin_->Get(limited, own.api_key().id()), IsOk());
  EXPECT_THAT(admin_->Delete(limited, own.api_key().id()), IsOk());
}

TEST_F(KeyAdminTest, ALimitedManagerCannotWidenAKey) {
  const Caller limited = Limited();
  const auto own = Create(Request({v1::PERMISSION_SEND}, {"ch_2"}));
  const std::string& id = own.api_key().id();
  EXPECT_THAT(Update(
                  id, "channel_ids", [](auto&) {}, limited),
              HasReason("NOT_AUTHORIZED"));
  EXPECT_THAT(
      Update(
          id, "permissions",
          [](auto& key) { key.add_permissions(v1::PERMISSION_READ_EVENTS); },
          limited),
      HasReason("NOT_AUTHORIZED"));
  EXPECT_THAT(admin_->Get(Caller(), id)->channel_ids(), ElementsAre("ch_2"));
}

TEST_F(KeyAdminTest, OnlyFieldsInTheMaskChange) {
  auto request = Request({v1::PERMISSION_SEND}, {"ch_1"});
  request.mutable_api_key()->set_name("before");
  const auto created = Create(request);
  clock_.Advance(absl::Seconds(5));
  ASSERT_THAT(Update(created.api_key().id(), "name",
                     [](auto& key) {
                       key.set_name("after");
                       key.add_permissions(v1::PERMISSION_READ_EVENTS);
                     }),
              IsOk());
  const auto key = admin_->Get(Caller(), created.api_key().id());
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->name(), "after");
  EXPECT_THAT(key->permissions(), ElementsAre(v1::PERMISSION_SEND));
  EXPECT_EQ(TimeUtil::TimestampToSeconds(key->update_time()),
            TimeUtil::TimestampToSeconds(key->create_time()) + 5);
}

// Two who change different fields at the same time must both have their way.
TEST_F(KeyAdminTest, AChangeThatComesBetweenIsKept) {
  const auto created = Create(Request({v1::PERMISSION_SEND}));
  const std::string& id = created.api_key().id();
  RivalJournal rival(*journal_);
  int attempts = 0;
  rival.before_update = [&] {
    if (attempts++ > 0) return;
    EXPECT_THAT(
        Update(id, "disabled", [](auto& key) { key.set_disabled(true); }),
        IsOk());
  };
  KeyAdmin slow(clock_, rival, store_->sealer(), *keys_);
  v1::UpdateApiKeyRequest request;
  request.mutable_api_key()->set_id(id);
  request.mutable_api_key()->set_name("renamed");
  request.mutable_update_mask()->add_paths("name");
  const auto changed = slow.Update(Caller(), request);
  ASSERT_THAT(changed, IsOk());
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(changed->name(), "renamed");
  EXPECT_TRUE(changed->disabled());
  EXPECT_EQ(keys_->Find(id)->revision, 3);
}

TEST_F(KeyAdminTest, AKeyThatOthersAlwaysChangeIsGivenUp) {
  const auto created = Create(Request({v1::PERMISSION_SEND}));
  const std::string& id = created.api_key().id();
  RivalJournal rival(*journal_);
  rival.before_update = [&] {
    EXPECT_THAT(Update(id, "name", [](auto& key) { key.set_name("rival"); }),
                IsOk());
  };
  KeyAdmin slow(clock_, rival, store_->sealer(), *keys_);
  v1::UpdateApiKeyRequest request;
  request.mutable_api_key()->set_id(id);
  request.mutable_update_mask()->add_paths("disabled");
  const auto changed = slow.Update(Caller(), request);
  EXPECT_THAT(changed, HasReason("OVERLOADED"));
  EXPECT_THAT(changed, StatusIs(absl::StatusCode::kResourceExhausted));
}

// The state keeps it beside the sealed key, and the answer comes from there.
TEST_F(KeyAdminTest, AChangeLeavesTheLastUseAlone) {
  const auto created = Create(Request({v1::PERMISSION_SEND}));
  (void)CallerOf(created);
  admin_->StoreUses(/*all=*/true);
  v1::UpdateApiKeyRequest request;
  request.mutable_api_key()->set_id(created.api_key().id());
  request.mutable_update_mask()->add_paths("name");
  const auto rename = [&] {
    const auto changed = admin_->Update(Caller(), request);
    ASSERT_THAT(changed, IsOk());
    EXPECT_EQ(TimeUtil::TimestampToSeconds(changed->last_use_time()),
              absl::ToUnixSeconds(clock_.Now()));
  };
  rename();
  Close();
  Open();
  rename();
  const auto rows = store_->state().ApiKeys();
  ASSERT_THAT(rows, IsOk());
  ASSERT_THAT(*rows, SizeIs(1));
  const auto opened = store_->sealer().Open(
      seal::SealedPlace::kApiKey, rows->front().id, rows->front().sealed_key);
  ASSERT_THAT(opened, IsOk());
  v1::ApiKey sealed;
  ASSERT_TRUE(sealed.ParseFromString(*opened));
  EXPECT_FALSE(sealed.has_last_use_time());
}

TEST_F(KeyAdminTest, AnEndInThePastIsRefused) {
  auto request = Request({v1::PERMISSION_SEND});
  *request.mutable_api_key()->mutable_expire_time() =
      TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(clock_.Now()));
  EXPECT_THAT(admin_->Create(Caller(), request), HasReason("INVALID_REQUEST"));
}

TEST_F(KeyAdminTest, AnExpiredKeyCanStillBeRenamed) {
  auto request = Request({v1::PERMISSION_SEND});
  *request.mutable_api_key()->mutable_expire_time() =
      TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(clock_.Now()) + 1);
  const auto created = Create(request);
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(Update(created.api_key().id(), "name",
                     [](auto& key) { key.set_name("old"); }),
              IsOk());
}

TEST_F(KeyAdminTest, PagesFollowEachOther) {
  for (int i = 0; i < 5; ++i) Create(Request({v1::PERMISSION_SEND}));
  v1::ListApiKeysRequest request;
  request.set_page_size(2);
  std::vector<std::string> ids;
  int pages = 0;
  do {
    const auto page = admin_->List(Caller(), request);
    for (const auto& key : page.api_keys()) ids.push_back(key.id());
    request.set_page_token(page.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(ids, Listed(Caller()));
  EXPECT_THAT(ids, SizeIs(5));
}

}  // namespace
}  // namespace linktor::access
