#include "server/store/sealer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const KeyScope kAnna{.channel_no = 1, .user_id = "501"};
const KeyScope kBob{.channel_no = 1, .user_id = "502"};
constexpr auto kPlace = SealedPlace::kEvent;

class SealerTest : public testing::Test {
 protected:
  std::string Seal(const KeyScope& scope, std::string_view id,
                   std::string_view text) {
    keys_.clear();
    auto sealed = sealer().Seal(scope, kPlace, id, text, keys_);
    EXPECT_TRUE(sealed.ok()) << sealed.status();
    return *std::move(sealed);
  }
  absl::StatusCode OpenCode(SealedPlace place, std::string_view id,
                            std::string_view sealed) {
    return sealer().Open(place, id, sealed).status().code();
  }
  // Stores keys by way of a record, as the server does.
  void Store(const std::vector<NewKey>& keys) {
    WebhookRecord record = MakeDelivery(sealer(), kNowMs, {});
    record.delivery_id = NewRawId();
    record.new_keys = keys;
    ASSERT_TRUE(rig_.Append<WebhookOutcome>(std::move(record)).ok());
  }
  Sealer& sealer() { return rig_.sealer(); }

  StoreRig rig_;
  std::vector<NewKey> keys_;
};

TEST_F(SealerTest, OpensWhatItSealed) {
  for (const std::string& text :
       {std::string(), std::string("hello"), std::string(300'000, 'x')}) {
    const std::string sealed = Seal(kAnna, "e1", text);
    EXPECT_EQ(sealed.size(), 1 + 8 + 12 + text.size() + 16);
    const auto opened = sealer().Open(kPlace, "e1", sealed);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(*opened, text);
  }
}

TEST_F(SealerTest, SealedTextSaysNothing) {
  const std::string sealed = Seal(kAnna, "e1", "my secret");
  EXPECT_THAT(sealed, Not(HasSubstr("secret")));
  EXPECT_NE(Seal(kAnna, "e1", "my secret"), sealed);
}

TEST_F(SealerTest, AnotherPlaceOrRowIsDataLoss) {
  const std::string sealed = Seal(kAnna, "e1", "hello");
  EXPECT_EQ(OpenCode(SealedPlace::kMessage, "e1", sealed),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(OpenCode(kPlace, "e2", sealed), absl::StatusCode::kDataLoss);
  EXPECT_EQ(OpenCode(kPlace, "", sealed), absl::StatusCode::kDataLoss);
}

// Bytes of one user under the key id of another.
TEST_F(SealerTest, AnotherUsersKeyIsDataLoss) {
  std::string sealed = Seal(kAnna, "e1", "hello");
  const std::string other = Seal(kBob, "e1", "hello");
  sealed.replace(1, 8, other, 1, 8);
  EXPECT_EQ(OpenCode(kPlace, "e1", sealed), absl::StatusCode::kDataLoss);
}

TEST_F(SealerTest, EveryDamagedByteIsDataLoss) {
  const std::string sealed = Seal(kAnna, "e1", "hello");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string damaged = sealed;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_EQ(OpenCode(kPlace, "e1", damaged), absl::StatusCode::kDataLoss);
    EXPECT_EQ(OpenCode(kPlace, "e1", sealed.substr(0, i)),
              absl::StatusCode::kDataLoss);
  }
}

TEST_F(SealerTest, OneKeyForEachConversation) {
  const std::string anna = Seal(kAnna, "e1", "a");
  EXPECT_EQ(Seal(kAnna, "e2", "b").substr(1, 8), anna.substr(1, 8));
  EXPECT_NE(Seal(kBob, "e1", "a").substr(1, 8), anna.substr(1, 8));
  EXPECT_NE(Seal({.channel_no = 2, .user_id = "501"}, "e1", "a").substr(1, 8),
            anna.substr(1, 8));
}

TEST_F(SealerTest, NewKeyIsCarriedUntilStored) {
  Seal(kAnna, "e1", "a");
  EXPECT_THAT(keys_, SizeIs(1));
  Seal(kAnna, "e2", "b");
  EXPECT_THAT(keys_, SizeIs(1)) << "nothing has been stored yet";
  Store(keys_);
  Seal(kAnna, "e3", "c");
  EXPECT_THAT(keys_, IsEmpty());
}

TEST_F(SealerTest, NewKeyIsCarriedOnceByARecord) {
  std::vector<NewKey> keys;
  for (const char* id : {"e1", "e2"}) {
    ASSERT_TRUE(sealer().Seal(kAnna, kPlace, id, "a", keys).ok());
    ASSERT_TRUE(sealer().Seal(kBob, kPlace, id, "a", keys).ok());
  }
  EXPECT_THAT(keys, SizeIs(2));
}

TEST_F(SealerTest, StoredKeySurvivesRestart) {
  const std::string sealed = Seal(kAnna, "e1", "hello");
  Store(keys_);
  rig_.Reopen();
  const auto opened = sealer().Open(kPlace, "e1", sealed);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(*opened, "hello");
  EXPECT_EQ(Seal(kAnna, "e2", "b").substr(1, 8), sealed.substr(1, 8));
  EXPECT_THAT(keys_, IsEmpty());
}

TEST_F(SealerTest, UnstoredKeyIsGoneAfterRestart) {
  const std::string sealed = Seal(kAnna, "e1", "hello");
  rig_.Reopen();
  EXPECT_EQ(OpenCode(kPlace, "e1", sealed), absl::StatusCode::kDataLoss);
}

TEST_F(SealerTest, FingerprintsAreStableAndKeyed) {
  const std::string secret = sealer().Fingerprint("s");
  const std::string content = sealer().ContentMatch(kAnna, "hi");
  const std::string request = sealer().RequestFingerprint("r");
  EXPECT_EQ(secret.size(), 16);
  rig_.Reopen();
  EXPECT_EQ(sealer().Fingerprint("s"), secret);
  EXPECT_EQ(sealer().ContentMatch(kAnna, "hi"), content);
  EXPECT_EQ(sealer().RequestFingerprint("r"), request);
  EXPECT_NE(sealer().ContentMatch(kBob, "hi"), content);
  EXPECT_NE(sealer().ContentMatch(kAnna, "hi "), content);
  // One purpose says nothing about another.
  EXPECT_NE(sealer().Fingerprint("r"), sealer().RequestFingerprint("r"));
  const Sealer other(TestMasterKey('x'), rig_.store().pool());
  EXPECT_NE(other.Fingerprint("s"), secret);
}

TEST_F(SealerTest, KeyCheckKnowsItsMasterKey) {
  const std::string check = sealer().MakeKeyCheck();
  EXPECT_TRUE(sealer().IsKeyCheck(check));
  const Sealer other(TestMasterKey('x'), rig_.store().pool());
  EXPECT_FALSE(other.IsKeyCheck(check));
  EXPECT_FALSE(sealer().IsKeyCheck(""));
}

// More conversations than the cache holds: keys that are stored come back from
// the tables, those that are not must not be forgotten.
TEST_F(SealerTest, UnstoredKeysOutliveTheCache) {
  const std::string first = Seal(kAnna, "e1", "hello");
  const std::vector<NewKey> first_keys = keys_;
  const std::string stored = Seal(kBob, "e1", "hello");
  Store(keys_);
  constexpr std::size_t kOthers = 2 * Sealer::kCacheSize + 10;
  for (std::size_t i = 0; i < kOthers; ++i) {
    const KeyScope scope{.channel_no = 2, .user_id = absl::StrCat(i)};
    Seal(scope, "e", "x");
    sealer().MarkStored(keys_);
  }
  EXPECT_EQ(OpenCode(kPlace, "e1", first), absl::StatusCode::kOk);
  EXPECT_EQ(OpenCode(kPlace, "e1", stored), absl::StatusCode::kOk);
  EXPECT_EQ(Seal(kAnna, "e2", "b").substr(1, 8), first.substr(1, 8));
  ASSERT_THAT(keys_, SizeIs(1));
  EXPECT_EQ(keys_.front().id, first_keys.front().id);
}

// What a refused claim brought along must not be taken for stored: events
// sealed under its key could not be opened after a restart.
TEST_F(SealerTest, KeyOfARefusedClaimIsNotLost) {
  rig_.Create(kShop);
  const ClaimOutcome refused = rig_.Claim({.refuse_without_history = true});
  ASSERT_EQ(refused.kind, ClaimOutcome::Kind::kRefused);
  rig_.Deliver({{.mid = "m1", .text = "hello"}});
  rig_.Reopen();
  const auto events = rig_.ReadEvents();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(MergeEvent(events.front()).message_received().text(), "hello");
}

TEST_F(SealerTest, KeyOfARefusedChannelIsNotLost) {
  rig_.Create(kShop);
  CreateChannelRecord record = MakeChannel(kShop);
  record.channel_no = 777;
  const KeyScope scope{.channel_no = 777, .user_id = ""};
  auto sealed = sealer().Seal(scope, SealedPlace::kCredentials, "777", "token",
                              record.new_keys);
  ASSERT_TRUE(sealed.ok());
  const auto refused = rig_.Append<ChannelOutcome>(std::move(record));
  ASSERT_TRUE(refused.ok() && !refused->refusal.ok());
  keys_.clear();
  sealed =
      sealer().Seal(scope, SealedPlace::kCredentials, "777", "token", keys_);
  ASSERT_TRUE(sealed.ok());
  const bool brought_along = !keys_.empty();
  rig_.Reopen();
  EXPECT_TRUE(brought_along ||
              sealer().Open(SealedPlace::kCredentials, "777", *sealed).ok());
}

TEST_F(SealerTest, KeyOfAStaleOutcomeIsNotLost) {
  rig_.Create(kShop);
  const MessageRow message = rig_.Claim({}).message;
  OutcomeRecord stale = MakeOutcome(sealer(), message, {.expected_attempt = 9});
  const KeyScope scope{.channel_no = kShop.no, .user_id = "999"};
  const auto sealed =
      sealer().Seal(scope, kPlace, "e1", "hello", stale.new_keys);
  ASSERT_TRUE(sealed.ok());
  const auto outcome = rig_.Append<MessageOutcome>(std::move(stale));
  ASSERT_TRUE(outcome.ok() && !outcome->applied);
  Seal(scope, "e2", "hello");
  const bool brought_along = !keys_.empty();
  rig_.Reopen();
  EXPECT_TRUE(brought_along || sealer().Open(kPlace, "e1", *sealed).ok());
}

}  // namespace
}  // namespace linktor
