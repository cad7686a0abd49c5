#include "server/seal/sealer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace linktor::seal {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const KeyScope kAnna{.channel_no = 1, .user_id = "501"};
const KeyScope kBob{.channel_no = 1, .user_id = "502"};
constexpr auto kPlace = SealedPlace::kEvent;

// FakeKeys holds the stored keys in memory.
class FakeKeys final : public KeySource {
 public:
  absl::StatusOr<std::optional<journal::DataKey>> FindKey(
      const KeyScope& scope) override {
    if (!failure.ok()) return failure;
    std::optional<journal::DataKey> found;
    for (const auto& [id, key] : keys) {
      if (key.channel_no() == scope.channel_no &&
          key.user_id() == scope.user_id) {
        found = key;
        break;
      }
    }
    return Read(std::move(found));
  }
  absl::StatusOr<std::optional<journal::DataKey>> FindKeyById(
      std::int64_t id) override {
    if (!failure.ok()) return failure;
    const auto it = keys.find(id);
    if (it == keys.end()) return Read(std::nullopt);
    return Read(it->second);
  }

  std::map<std::int64_t, journal::DataKey> keys;
  absl::Status failure;
  // It runs once, when a key was read and is not returned yet.
  std::function<void()> after_read;

 private:
  std::optional<journal::DataKey> Read(std::optional<journal::DataKey> key) {
    if (after_read) std::exchange(after_read, nullptr)();
    return key;
  }
};

Secret MasterKey(char fill = 'k') {
  return Secret(std::string(AeadKey::kKeySize, fill));
}

std::string KeyIdOf(const std::string& sealed) { return sealed.substr(1, 8); }

class SealerTest : public testing::Test {
 protected:
  SealerTest() { Restart(); }

  // Another process, with what is stored.
  void Restart() { sealer_ = std::make_unique<Sealer>(MasterKey(), stored_); }
  // As one record: the keys it needs are in keys_.
  std::string Seal(const KeyScope& scope, std::string_view id,
                   std::string_view text) {
    keys_.clear();
    return Seal(scope, id, text, keys_);
  }
  std::string Seal(const KeyScope& scope, std::string_view id,
                   std::string_view text, NewKeys& keys) {
    auto sealed = sealer_->Seal(scope, kPlace, id, text, keys);
    EXPECT_THAT(sealed, IsOk());
    return sealed.ok() ? *std::move(sealed) : std::string(64, '\0');
  }
  absl::StatusOr<std::string> Open(std::string_view id,
                                   std::string_view sealed) {
    return sealer_->Open(kPlace, id, sealed);
  }
  absl::StatusCode OpenCode(SealedPlace place, std::string_view id,
                            std::string_view sealed) {
    return sealer_->Open(place, id, sealed).status().code();
  }
  // As the feed tells of it.
  void Store(const NewKeys& keys) {
    for (const journal::DataKey& key : keys) stored_.keys[key.id()] = key;
    sealer_->OnStored(keys);
  }

  FakeKeys stored_;
  std::unique_ptr<Sealer> sealer_;
  NewKeys keys_;
};

// ---- Sealed bytes -----------------------------------------------------------

TEST_F(SealerTest, OpensWhatItSealed) {
  for (const std::string& text :
       {std::string(), std::string("hello"), std::string(300'000, 'x')}) {
    const std::string sealed = Seal(kAnna, "e1", text);
    EXPECT_EQ(sealed.size(), 1 + 8 + 12 + text.size() + 16);
    const auto opened = Open("e1", sealed);
    ASSERT_THAT(opened, IsOk());
    EXPECT_EQ(*opened, text);
  }
}

TEST_F(SealerTest, SealedTextSaysNothing) {
  NewKeys keys;
  const std::string sealed = Seal(kAnna, "e1", "my secret", keys);
  EXPECT_THAT(sealed, Not(HasSubstr("secret")));
  EXPECT_NE(Seal(kAnna, "e1", "my secret", keys), sealed);
}

TEST_F(SealerTest, AnotherPlaceOrRowIsDataLoss) {
  const std::string sealed = Seal(kAnna, "e1", "hello");
  EXPECT_EQ(OpenCode(SealedPlace::kMessage, "e1", sealed),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(OpenCode(kPlace, "e2", sealed), absl::StatusCode::kDataLoss);
  EXPECT_EQ(OpenCode(kPlace, "", sealed), absl::StatusCode::kDataLoss);
}

// The test puts the key id of one user into the sealed bytes of another user.
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

// ---- Keys that are not stored yet -------------------------------------------

TEST_F(SealerTest, NewKeyIsCarriedOnceByARecord) {
  NewKeys keys;
  const std::string anna = Seal(kAnna, "e1", "a", keys);
  const std::string bob = Seal(kBob, "e1", "a", keys);
  EXPECT_THAT(keys, SizeIs(2));
  EXPECT_NE(KeyIdOf(anna), KeyIdOf(bob));
  EXPECT_EQ(KeyIdOf(Seal(kAnna, "e2", "a", keys)), KeyIdOf(anna));
  EXPECT_EQ(KeyIdOf(Seal(kBob, "e2", "a", keys)), KeyIdOf(bob));
  EXPECT_THAT(keys, SizeIs(2));
}

// The first record may be refused with its keys: nobody else relies on them.
TEST_F(SealerTest, UnstoredKeyIsNobodyElses) {
  const std::string first = Seal(kAnna, "e1", "a");
  EXPECT_THAT(keys_, SizeIs(1));
  const std::string second = Seal(kAnna, "e2", "b");
  EXPECT_THAT(keys_, SizeIs(1));
  EXPECT_NE(KeyIdOf(second), KeyIdOf(first));
}

TEST_F(SealerTest, UnstoredKeyIsGoneAfterRestart) {
  const std::string sealed = Seal(kAnna, "e1", "hello");
  Restart();
  EXPECT_THAT(Open("e1", sealed), StatusIs(absl::StatusCode::kDataLoss));
}

// A key is known again by its bytes alone, as when it has left the cache while
// its record was being made.
TEST_F(SealerTest, KeyOfTheRecordIsTakenFromItsList) {
  NewKeys keys;
  const std::string first = Seal(kAnna, "e1", "a", keys);
  Restart();
  EXPECT_EQ(KeyIdOf(Seal(kAnna, "e2", "b", keys)), KeyIdOf(first));
  EXPECT_THAT(keys, SizeIs(1));
}

// ---- Stored keys ------------------------------------------------------------

TEST_F(SealerTest, StoredKeyIsUsedByAll) {
  const std::string first = Seal(kAnna, "e1", "a");
  Store(keys_);
  EXPECT_EQ(KeyIdOf(Seal(kAnna, "e2", "b")), KeyIdOf(first));
  EXPECT_THAT(keys_, IsEmpty());
  NewKeys bobs;
  Seal(kBob, "e1", "a", bobs);
  EXPECT_THAT(bobs, SizeIs(1)) << "it is not his";
}

TEST_F(SealerTest, ScopesAreChannelAndUser) {
  const std::string first = Seal(kAnna, "e1", "a");
  Store(keys_);
  for (const KeyScope& other :
       {kBob, KeyScope{.channel_no = 2, .user_id = "501"},
        KeyScope{.channel_no = 1, .user_id = ""}, KeyScope{}}) {
    EXPECT_NE(KeyIdOf(Seal(other, "e1", "a")), KeyIdOf(first));
    EXPECT_THAT(keys_, SizeIs(1));
  }
}

TEST_F(SealerTest, StoredKeySurvivesRestart) {
  const std::string sealed = Seal(kAnna, "e1", "hello");
  Store(keys_);
  Restart();
  const auto opened = Open("e1", sealed);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(*opened, "hello");
  EXPECT_EQ(KeyIdOf(Seal(kAnna, "e2", "b")), KeyIdOf(sealed));
  EXPECT_THAT(keys_, IsEmpty());
}

// Two records of a new conversation may each bring one.
TEST_F(SealerTest, AScopeMayHaveSeveralKeys) {
  const std::string first = Seal(kAnna, "e1", "one");
  const NewKeys first_keys = keys_;
  const std::string second = Seal(kAnna, "e2", "two");
  Store(first_keys);
  Store(keys_);
  EXPECT_EQ(KeyIdOf(Seal(kAnna, "e3", "three")), KeyIdOf(first));
  EXPECT_THAT(keys_, IsEmpty());
  Restart();
  EXPECT_EQ(Open("e1", first).value_or(""), "one");
  EXPECT_EQ(Open("e2", second).value_or(""), "two");
  Seal(kAnna, "e4", "four");
  EXPECT_THAT(keys_, IsEmpty());
}

TEST_F(SealerTest, KeyOfAnotherProcessIsReadWhenItIsNeeded) {
  Sealer other(MasterKey(), stored_);
  NewKeys theirs;
  const auto sealed = other.Seal(kAnna, kPlace, "e1", "hello", theirs);
  ASSERT_THAT(sealed, IsOk());
  Store(theirs);
  EXPECT_EQ(Open("e1", *sealed).value_or(""), "hello");
  EXPECT_EQ(KeyIdOf(Seal(kAnna, "e2", "b")), KeyIdOf(*sealed));
  EXPECT_THAT(keys_, IsEmpty());
}

// More conversations than the cache holds.
TEST_F(SealerTest, StoredKeysOutliveTheCache) {
  const std::string sealed = Seal(kAnna, "e1", "hello");
  Store(keys_);
  for (std::size_t i = 0; i < 2 * Sealer::kCacheSize + 10; ++i) {
    const KeyScope scope{.channel_no = 2, .user_id = absl::StrCat(i)};
    Seal(scope, "e", "x");
    sealer_->OnStored(keys_);
  }
  EXPECT_EQ(Open("e1", sealed).value_or(""), "hello");
  EXPECT_EQ(KeyIdOf(Seal(kAnna, "e2", "b")), KeyIdOf(sealed));
  EXPECT_THAT(keys_, IsEmpty());
  stored_.keys.clear();
  const KeyScope first{.channel_no = 2, .user_id = "0"};
  Seal(first, "e", "x");
  EXPECT_THAT(keys_, SizeIs(1)) << "the least recently used ones went";
}

TEST_F(SealerTest, DestroyedKeyIsDataLoss) {
  const std::string sealed = Seal(kAnna, "e1", "hello");
  Store(keys_);
  Restart();
  stored_.keys.clear();
  EXPECT_THAT(Open("e1", sealed), StatusIs(absl::StatusCode::kDataLoss));
}

// Sealing finds a key by its scope and never asks for its id; the destroyed one
// is named by its id alone.
TEST_F(SealerTest, DestroyedKeySealsNothingMore) {
  const std::string sealed = Seal(kAnna, "e1", "hello");
  Store(keys_);
  for (std::size_t i = 0; i < 3 * Sealer::kCacheSize; ++i) {
    const KeyScope scope{.channel_no = 2, .user_id = absl::StrCat(i)};
    Seal(scope, "e", "x");
    if (i % 1000 == 0) Seal(kAnna, "e", "x");
  }
  const std::int64_t id = stored_.keys.begin()->first;
  stored_.keys.clear();
  sealer_->OnDestroyed({&id, 1});
  EXPECT_NE(KeyIdOf(Seal(kAnna, "e2", "x")), KeyIdOf(sealed));
  EXPECT_THAT(keys_, SizeIs(1));
  EXPECT_THAT(Open("e1", sealed), StatusIs(absl::StatusCode::kDataLoss));
}

// A key that was read is destroyed before the sealer has kept it.
TEST_F(SealerTest, KeyThatIsDestroyedWhileItIsReadIsNotKept) {
  const std::string sealed = Seal(kAnna, "e1", "hello");
  Store(keys_);
  const auto destroy = [this] {
    const std::int64_t id = stored_.keys.begin()->first;
    stored_.keys.clear();
    sealer_->OnDestroyed({&id, 1});
  };
  for (const bool opens : {true, false}) {
    Restart();
    const auto stored = stored_.keys;
    stored_.after_read = destroy;
    if (opens) {
      EXPECT_THAT(Open("e1", sealed), StatusIs(absl::StatusCode::kDataLoss));
    } else {
      keys_.clear();
      EXPECT_NE(KeyIdOf(Seal(kAnna, "e2", "x")), KeyIdOf(sealed));
      EXPECT_THAT(keys_, SizeIs(1)) << "a new one";
    }
    EXPECT_THAT(Open("e1", sealed), StatusIs(absl::StatusCode::kDataLoss));
    stored_.keys = stored;
  }
}

// The scope of a key is authenticated with it.
TEST_F(SealerTest, KeyUnderAnotherScopeIsDataLoss) {
  const std::string sealed = Seal(kAnna, "e1", "hello");
  Store(keys_);
  Restart();
  stored_.keys.begin()->second.set_user_id(kBob.user_id);
  EXPECT_THAT(Open("e1", sealed), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(sealer_->Seal(kBob, kPlace, "e2", "x", keys_),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(SealerTest, StoredKeysThatCannotBeReadFailTheCall) {
  const std::string sealed = Seal(kAnna, "e1", "hello");
  Store(keys_);
  Restart();
  stored_.failure = absl::UnavailableError("the disk");
  keys_.clear();
  EXPECT_THAT(sealer_->Seal(kAnna, kPlace, "e2", "x", keys_),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(keys_, IsEmpty());
  EXPECT_THAT(Open("e1", sealed), StatusIs(absl::StatusCode::kUnavailable));
  stored_.failure = absl::OkStatus();
  EXPECT_THAT(Open("e1", sealed), IsOk());
}

TEST_F(SealerTest, WrappedKeySaysNothingOfTheKey) {
  Seal(kAnna, "e1", "hello");
  Store(keys_);
  Sealer other(MasterKey('x'), stored_);
  NewKeys keys;
  EXPECT_THAT(other.Seal(kAnna, kPlace, "e2", "x", keys),
              StatusIs(absl::StatusCode::kDataLoss));
}

// ---- Keyed hashes -----------------------------------------------------------

TEST_F(SealerTest, FingerprintsAreStableAndKeyed) {
  const std::string secret = sealer_->Fingerprint("s");
  const std::string content = sealer_->ContentMatch(kAnna, "hi");
  const std::string request = sealer_->RequestFingerprint("r");
  EXPECT_EQ(secret.size(), 16);
  Restart();
  EXPECT_EQ(sealer_->Fingerprint("s"), secret);
  EXPECT_EQ(sealer_->ContentMatch(kAnna, "hi"), content);
  EXPECT_EQ(sealer_->RequestFingerprint("r"), request);
  EXPECT_NE(sealer_->ContentMatch(kBob, "hi"), content);
  EXPECT_NE(sealer_->ContentMatch(kAnna, "hi "), content);
  // One purpose says nothing about another.
  EXPECT_NE(sealer_->Fingerprint("r"), sealer_->RequestFingerprint("r"));
  const Sealer other(MasterKey('x'), stored_);
  EXPECT_NE(other.Fingerprint("s"), secret);
}

TEST_F(SealerTest, KeyCheckKnowsItsMasterKey) {
  const std::string check = sealer_->MakeKeyCheck();
  EXPECT_TRUE(sealer_->IsKeyCheck(check));
  const Sealer other(MasterKey('x'), stored_);
  EXPECT_FALSE(other.IsKeyCheck(check));
  EXPECT_FALSE(sealer_->IsKeyCheck(""));
}

}  // namespace
}  // namespace linktor::seal
