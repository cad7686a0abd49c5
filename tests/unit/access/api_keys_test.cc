#include "server/access/api_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/util/time_util.h"
#include "server/access/key_text.h"
#include "tests/support/log_capture.h"
#include "tests/support/seed.h"
#include "tests/unit/access/access_fixture.h"

namespace linktor::access {
namespace {

using google::protobuf::util::TimeUtil;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

// The secret stands here within "lig_<id>_<secret><checksum>".
constexpr std::size_t kSecretAt = 21;
constexpr std::size_t kSecretSize = 43;

class ApiKeysTest : public AccessFixture {
 protected:
  absl::Status Authenticate(std::string_view text) {
    return keys_->Authenticate(text).status();
  }
};

TEST_F(ApiKeysTest, TheWholeKeyIsKnownAlsoAfterARestart) {
  const auto created = Create(Request({v1::PERMISSION_SEND}, {"ch_1"}));
  EXPECT_THAT(Authenticate(created.secret()), IsOk());
  Close();
  Open();
  const auto caller = keys_->Authenticate(created.secret());
  ASSERT_THAT(caller, IsOk());
  EXPECT_EQ(caller->key_id(), created.api_key().id());
  EXPECT_TRUE(caller->Has(v1::PERMISSION_SEND));
  EXPECT_FALSE(caller->Has(v1::PERMISSION_READ_EVENTS));
  EXPECT_TRUE(caller->Covers("ch_1"));
  EXPECT_FALSE(caller->Covers("ch_2"));
  EXPECT_FALSE(caller->CoversAll());
}

TEST_F(ApiKeysTest, AHundredThousandMutationsAreRefused) {
  const std::string key = Create(Request({v1::PERMISSION_SEND})).secret();
  const std::uint64_t seed = TestSeed();
  SCOPED_TRACE(seed);
  Random random(seed);
  constexpr std::string_view kAlphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_- \n";
  for (int i = 0; i < 100'000; ++i) {
    std::string mutated = key;
    const std::size_t changes = 1 + random.Below(3);
    for (std::size_t change = 0; change < changes && !mutated.empty();
         ++change) {
      const std::size_t at = random.Below(mutated.size());
      switch (random.Below(4)) {
        case 0:
          mutated.erase(at, 1);
          break;
        case 1:
          mutated.insert(at, 1, kAlphabet[random.Below(kAlphabet.size())]);
          break;
        case 2:
          std::swap(mutated[at], mutated[random.Below(mutated.size())]);
          break;
        default:
          mutated[at] = kAlphabet[random.Below(kAlphabet.size())];
          break;
      }
    }
    if (mutated == key) continue;
    ASSERT_THAT(Authenticate(mutated), HasReason("API_KEY_INVALID"))
        << "mutation " << i;
  }
  EXPECT_THAT(Authenticate(key), IsOk());
}

// The checksum is no secret: whoever guesses keys computes it. So these differ
// from a key in its secret alone, and only the hash tells them from it.
TEST_F(ApiKeysTest, AHundredThousandSecretsWithTheirChecksumAreRefused) {
  const std::string key = Create(Request({v1::PERMISSION_SEND})).secret();
  const std::string body = key.substr(0, kSecretAt + kSecretSize);
  ASSERT_EQ(WithChecksum(body), key);
  const std::uint64_t seed = TestSeed();
  SCOPED_TRACE(seed);
  Random random(seed);
  constexpr std::string_view kAlphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (int i = 0; i < 100'000; ++i) {
    std::string guess = body;
    const std::size_t changes = 1 + random.Below(3);
    for (std::size_t change = 0; change < changes; ++change) {
      guess[kSecretAt + random.Below(kSecretSize)] =
          kAlphabet[random.Below(kAlphabet.size())];
    }
    if (guess == body) continue;
    const std::string text = WithChecksum(guess);
    ASSERT_EQ(KeyIdOf(text), KeyIdOf(key));
    ASSERT_THAT(Authenticate(text), HasReason("API_KEY_INVALID"))
        << "guess " << i;
  }
  EXPECT_THAT(Authenticate(key), IsOk());
}

TEST_F(ApiKeysTest, TheSecretOfOneKeyDoesNotOpenAnother) {
  const std::string one = Create(Request({v1::PERMISSION_SEND})).secret();
  const std::string two = Create(Request({v1::PERMISSION_SEND})).secret();
  const std::string mixed = WithChecksum(one.substr(0, kSecretAt) +
                                         two.substr(kSecretAt, kSecretSize));
  ASSERT_EQ(KeyIdOf(mixed), KeyIdOf(one));
  EXPECT_THAT(Authenticate(mixed), HasReason("API_KEY_INVALID"));
}

TEST_F(ApiKeysTest, ADisabledKeyIsRefusedUntilItIsEnabled) {
  const auto created = Create(Request({v1::PERMISSION_SEND}));
  const std::string& id = created.api_key().id();
  ASSERT_THAT(Update(id, "disabled", [](auto& key) { key.set_disabled(true); }),
              IsOk());
  EXPECT_THAT(Authenticate(created.secret()), HasReason("API_KEY_DISABLED"));
  ASSERT_THAT(Update(id, "disabled", [](auto&) {}), IsOk());
  EXPECT_THAT(Authenticate(created.secret()), IsOk());
}

TEST_F(ApiKeysTest, AKeyExpiresAtItsTime) {
  auto request = Request({v1::PERMISSION_SEND});
  const absl::Time end = clock_.Now() + absl::Hours(1);
  *request.mutable_api_key()->mutable_expire_time() =
      TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(end));
  const auto created = Create(request);
  clock_.Set(end - absl::Milliseconds(1));
  EXPECT_THAT(Authenticate(created.secret()), IsOk());
  clock_.Set(end);
  const absl::Status status = Authenticate(created.secret());
  EXPECT_THAT(status, HasReason("API_KEY_EXPIRED"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(status, HasMetadata("expire_time", "2027-01-15T09:00:00Z"));
}

TEST_F(ApiKeysTest, ADeletedKeyIsUnknownAndStaysSo) {
  const auto created = Create(Request({v1::PERMISSION_SEND}));
  const auto before = store_->state().ApiKeys();
  ASSERT_THAT(before, IsOk());
  ASSERT_THAT(*before, SizeIs(1));
  ASSERT_THAT(admin_->Delete(Caller(), created.api_key().id()), IsOk());
  EXPECT_THAT(Authenticate(created.secret()), HasReason("API_KEY_INVALID"));
  // The rows were read before the deletion and are loaded after it.
  ASSERT_THAT(keys_->Load(*before), IsOk());
  EXPECT_THAT(Authenticate(created.secret()), HasReason("API_KEY_INVALID"));
}

// A key that another process made is known as soon as its record is applied:
// nobody but the feed tells the view.
TEST_F(ApiKeysTest, AKeyWhoseCreatorDoesNotKnowTheViewIsKnown) {
  ApiKeys nobodys(clock_, store_->sealer());
  KeyAdmin other(clock_, *journal_, store_->sealer(), nobodys);
  const auto created = other.Create(Caller(), Request({v1::PERMISSION_SEND}));
  ASSERT_THAT(created, IsOk());
  EXPECT_THAT(Authenticate(created->secret()), IsOk());
  EXPECT_THAT(nobodys.List(), IsEmpty());
}

class UnreadableKeyTest : public ApiKeysTest {
 protected:
  // The row as it would be after another change, but damaged.
  state::ApiKeyRow DamagedChange(const std::string& id) {
    auto rows = store_->state().ApiKeys();
    EXPECT_THAT(rows, IsOk());
    for (state::ApiKeyRow& row : *rows) {
      if (row.id != id) continue;
      row.revision += 1;
      row.sealed_key.back() ^= 1;
      return row;
    }
    ADD_FAILURE() << "there is no key " << id;
    return {};
  }
  void Tell(const state::ApiKeyRow& row) {
    const journal::Record record;
    state::Effects effects;
    effects.api_keys.push_back(row);
    const journal::AppliedRecord told{.record = record, .effects = effects};
    keys_->OnCommit({&told, 1});
  }
};

// Nobody can say whether the change disabled the key.
TEST_F(UnreadableKeyTest, AChangedKeyThatCannotBeOpenedIsTakenAway) {
  const auto created = Create(Request({v1::PERMISSION_SEND}));
  const auto other = Create(Request({v1::PERMISSION_SEND}));
  const Caller caller = CallerOf(created);
  const std::string& id = created.api_key().id();
  const std::uint64_t before = keys_->generation();
  const LogCapture log;
  Tell(DamagedChange(id));
  EXPECT_THAT(Authenticate(created.secret()), HasReason("API_KEY_INVALID"));
  EXPECT_THAT(keys_->RecheckInForce(caller), HasReason("API_KEY_INVALID"));
  EXPECT_GT(keys_->generation(), before);
  EXPECT_EQ(log.Count("changed API key cannot be opened"), 1U);
  EXPECT_EQ(log.Count(id), 1U);
  EXPECT_THAT(Authenticate(other.secret()), IsOk());
}

TEST_F(UnreadableKeyTest, AKeyThatCannotBeOpenedIsNotLoaded) {
  const auto created = Create(Request({v1::PERMISSION_SEND}));
  const state::ApiKeyRow damaged = DamagedChange(created.api_key().id());
  ApiKeys fresh(clock_, store_->sealer());
  const absl::Status loaded = fresh.Load({damaged});
  EXPECT_THAT(loaded, StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(std::string(loaded.message()), HasSubstr(damaged.id));
  EXPECT_THAT(fresh.List(), IsEmpty());
}

// What an API key may do, and its name, are nobody's business who reads a disk
// or a network.
TEST_F(ApiKeysTest, TheStateHoldsKeysSealed) {
  auto request = Request({v1::PERMISSION_SEND}, {"ch_secret"});
  request.mutable_api_key()->set_name("night shift");
  const auto created = Create(request);
  const auto rows = store_->state().ApiKeys();
  ASSERT_THAT(rows, IsOk());
  ASSERT_THAT(*rows, SizeIs(1));
  const state::ApiKeyRow& row = rows->front();
  EXPECT_EQ(row.id, created.api_key().id());
  EXPECT_THAT(row.sealed_key, Not(HasSubstr("night shift")));
  EXPECT_THAT(row.sealed_key, Not(HasSubstr("ch_secret")));
  EXPECT_EQ(keys_->Find(row.id)->key.name(), "night shift");
}

TEST_F(ApiKeysTest, RecheckTellsWhatBecameOfTheKey) {
  const auto created = Create(Request(
      {v1::PERMISSION_READ_EVENTS, v1::PERMISSION_SEND}, {"ch_1", "ch_2"}));
  const std::string& id = created.api_key().id();
  const Caller caller = CallerOf(created);
  const auto recheck = [&](const StringSet& channels = {}) {
    return keys_->Recheck(caller, v1::PERMISSION_READ_EVENTS, channels);
  };
  EXPECT_THAT(recheck(), IsOk());
  ASSERT_THAT(
      Update(id, "channel_ids", [](auto& key) { key.add_channel_ids("ch_1"); }),
      IsOk());
  EXPECT_THAT(recheck(), HasReason("NOT_AUTHORIZED"));
  EXPECT_THAT(recheck({"ch_2"}), HasReason("NOT_AUTHORIZED"));
  EXPECT_THAT(recheck({"ch_1"}), IsOk());
  // A key that covers more than before is as good as it was.
  ASSERT_THAT(Update(id, "channel_ids", [](auto&) {}), IsOk());
  EXPECT_THAT(recheck(), IsOk());
  ASSERT_THAT(
      Update(id, "permissions",
             [](auto& key) { key.add_permissions(v1::PERMISSION_SEND); }),
      IsOk());
  EXPECT_THAT(recheck(), HasMetadata("permission", "PERMISSION_READ_EVENTS"));
  ASSERT_THAT(Update(id, "disabled", [](auto& key) { key.set_disabled(true); }),
              IsOk());
  EXPECT_THAT(recheck(), HasReason("API_KEY_DISABLED"));
  ASSERT_THAT(admin_->Delete(Caller(), id), IsOk());
  EXPECT_THAT(recheck(), HasReason("API_KEY_INVALID"));
}

// A stream that went by the caller of its beginning would not see that the key
// was given an end since.
TEST_F(ApiKeysTest, RecheckReturnsTheKeyAsItIsNow) {
  const auto created = Create(Request({v1::PERMISSION_READ_EVENTS}));
  const Caller caller = CallerOf(created);
  const absl::Time end = clock_.Now() + absl::Hours(1);
  ASSERT_THAT(
      Update(created.api_key().id(), "expire_time",
             [&](auto& key) {
               *key.mutable_expire_time() =
                   TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(end));
             }),
      IsOk());
  const auto now = keys_->Recheck(caller, v1::PERMISSION_READ_EVENTS, {});
  ASSERT_THAT(now, IsOk());
  clock_.Advance(absl::Hours(2));
  EXPECT_FALSE(keys_->Expired(caller));
  EXPECT_TRUE(keys_->Expired(*now));
}

// A stream presents its key only once, and may then be open for months.
TEST_F(ApiKeysTest, AStreamsUseCounts) {
  const Caller caller = CallerOf(Create(Request({v1::PERMISSION_READ_EVENTS})));
  ASSERT_THAT(keys_->TakeUses(/*all=*/true), SizeIs(1));
  ASSERT_THAT(keys_->TakeUses(/*all=*/true), IsEmpty());
  clock_.Advance(absl::Hours(1));
  keys_->NoteUse(caller);
  EXPECT_THAT(
      keys_->TakeUses(/*all=*/false),
      ElementsAre(Pair(caller.key_id(), absl::ToUnixMillis(clock_.Now()))));
}

TEST_F(ApiKeysTest, AKeyOverAllChannelsThatIsLimitedCoversLess) {
  const auto created = Create(Request({v1::PERMISSION_READ_EVENTS}));
  const Caller caller = CallerOf(created);
  ASSERT_THAT(Update(created.api_key().id(), "channel_ids",
                     [](auto& key) { key.add_channel_ids("ch_1"); }),
              IsOk());
  EXPECT_THAT(keys_->Recheck(caller, v1::PERMISSION_READ_EVENTS, {}),
              HasReason("NOT_AUTHORIZED"));
}

TEST_F(ApiKeysTest, EveryChangeIsANewGeneration) {
  const std::uint64_t start = keys_->generation();
  const auto created = Create(Request({v1::PERMISSION_SEND}));
  EXPECT_GT(keys_->generation(), start);
  const std::uint64_t made = keys_->generation();
  ASSERT_THAT(admin_->Delete(Caller(), created.api_key().id()), IsOk());
  EXPECT_GT(keys_->generation(), made);
}

TEST_F(ApiKeysTest, UsesAreStoredAtMostOnceInTenMinutes) {
  const auto created = Create(Request({v1::PERMISSION_SEND}));
  EXPECT_THAT(keys_->TakeUses(false), IsEmpty());
  (void)CallerOf(created);
  EXPECT_THAT(keys_->TakeUses(false), SizeIs(1));
  clock_.Advance(absl::Minutes(8));
  (void)CallerOf(created);
  EXPECT_THAT(keys_->TakeUses(false), IsEmpty());
  clock_.Advance(absl::Minutes(2));
  (void)CallerOf(created);
  EXPECT_THAT(keys_->TakeUses(false), SizeIs(1));
  clock_.Advance(absl::Seconds(1));
  (void)CallerOf(created);
  EXPECT_THAT(keys_->TakeUses(true), SizeIs(1));
}

TEST_F(ApiKeysTest, TheLastUseIsThereAfterARestart) {
  const auto created = Create(Request({v1::PERMISSION_SEND}));
  EXPECT_FALSE(created.api_key().has_last_use_time());
  (void)CallerOf(created);
  admin_->StoreUses(/*all=*/true);
  Close();
  Open();
  const auto key = admin_->Get(Caller(), created.api_key().id());
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(TimeUtil::TimestampToSeconds(key->last_use_time()),
            absl::ToUnixSeconds(clock_.Now()));
}

TEST_F(ApiKeysTest, OnlyAKeyInForceOverAllChannelsIsAManager) {
  EXPECT_FALSE(keys_->HasManager());
  Create(Request({v1::PERMISSION_MANAGE_ACCESS}, {"ch_1"}));
  Create(Request({v1::PERMISSION_SEND}));
  EXPECT_FALSE(keys_->HasManager());
  const auto manager = Create(Request({v1::PERMISSION_MANAGE_ACCESS}));
  EXPECT_TRUE(keys_->HasManager());
  ASSERT_THAT(Update(manager.api_key().id(), "disabled",
                     [](auto& key) { key.set_disabled(true); }),
              IsOk());
  EXPECT_FALSE(keys_->HasManager());
}

}  // namespace
}  // namespace linktor::access
