#include "server/base/crypto.h"

#include <gtest/gtest.h>

#include <array>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "server/base/secret.h"
#include "server/base/strings.h"
#include "tests/support/status_matchers.h"

namespace linktor {
namespace {

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString(ToAbsl(bytes));
}

struct HmacCase {
  std::string key;
  std::string data;
  std::string_view mac;
};

// RFC 4231, test cases 1 to 4, 6 and 7.
TEST(HmacKeyTest, KnownAnswers) {
  const HmacCase cases[] = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {absl::HexStringToBytes(
           "0102030405060708090a0b0c0d0e0f10111213141516171819"),
       std::string(50, '\xcd'),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::string(131, '\xaa'),
       "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than "
       "block-size data. The key needs to be hashed before being used by the "
       "HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"}};
  for (const HmacCase& c : cases) {
    const HmacKey key(c.key);
    const Digest mac = key.Sign(c.data);
    EXPECT_EQ(Hex(AsBytes(mac)), c.mac);
    EXPECT_TRUE(key.Verify(c.data, AsBytes(mac)));
  }
}

TEST(HmacKeyTest, RefusesEveryOtherMac) {
  const HmacKey key("key");
  const Digest right = key.Sign("data");
  for (std::size_t i = 0; i < right.size(); ++i) {
    Digest wrong = right;
    wrong[i] ^= 1;
    EXPECT_FALSE(key.Verify("data", AsBytes(wrong))) << i;
  }
  EXPECT_FALSE(key.Verify("data", ""));
  EXPECT_FALSE(key.Verify("data", AsBytes(right).substr(0, 31)));
  EXPECT_FALSE(key.Verify("data", std::string(AsBytes(right)) + '\0'));
  EXPECT_FALSE(key.Verify("Data", AsBytes(right)));
  EXPECT_FALSE(HmacKey("Key").Verify("data", AsBytes(right)));
}

TEST(HmacKeyTest, EmptyKeyAndDataAreAllowed) {
  EXPECT_EQ(Hex(AsBytes(HmacKey({}).Sign({}))),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Sha256Test, KnownAnswers) {
  const Digest empty = Sha256("");
  EXPECT_EQ(Hex(AsBytes(empty)),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const Digest abc = Sha256("abc");
  EXPECT_EQ(Hex(AsBytes(abc)),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(ConstantTimeEqualTest, ComparesContentAndLength) {
  EXPECT_TRUE(ConstantTimeEqual("", ""));
  EXPECT_TRUE(ConstantTimeEqual("abc", "abc"));
  EXPECT_FALSE(ConstantTimeEqual("abc", "abd"));
  EXPECT_FALSE(ConstantTimeEqual("abc", "ab"));
  EXPECT_FALSE(ConstantTimeEqual("", "a"));
}

class AeadKeyTest : public testing::Test {
 protected:
  std::string Seal(std::string_view text, std::string_view data) {
    std::string sealed;
    key_.Seal(text, data, sealed);
    return sealed;
  }

  const AeadKey key_{std::string(AeadKey::kKeySize, '\x42')};
};

TEST_F(AeadKeyTest, OpensWhatItSealed) {
  for (const std::size_t size : {0, 1, 15, 16, 17, 4096}) {
    const std::string text(size, 'x');
    const std::string sealed = Seal(text, "place");
    EXPECT_EQ(sealed.size(), AeadKey::kNonceSize + size + AeadKey::kTagSize);
    EXPECT_EQ(*key_.Open(sealed, "place"), text);
  }
}

TEST_F(AeadKeyTest, AppendsToWhatIsThere) {
  std::string out = "before";
  key_.Seal("text", {}, out);
  ASSERT_TRUE(out.starts_with("before"));
  EXPECT_EQ(*key_.Open(std::string_view(out).substr(6), {}), "text");
}

TEST_F(AeadKeyTest, RefusesEveryChangedByte) {
  const std::string sealed = Seal("some text", "place");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 0x80);
    EXPECT_THAT(key_.Open(changed, "place"),
                StatusIs(absl::StatusCode::kDataLoss))
        << i;
  }
}

TEST_F(AeadKeyTest, RefusesEveryCutOff) {
  const std::string sealed = Seal("some text", "place");
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(key_.Open(sealed.substr(0, size), "place").ok()) << size;
  }
}

TEST_F(AeadKeyTest, RefusesOtherPlaceAndOtherKey) {
  const std::string sealed = Seal("some text", "place");
  EXPECT_FALSE(key_.Open(sealed, "Place").ok());
  EXPECT_FALSE(key_.Open(sealed, "").ok());
  const AeadKey other(std::string(AeadKey::kKeySize, '\x43'));
  EXPECT_FALSE(other.Open(sealed, "place").ok());
}

TEST_F(AeadKeyTest, EqualTextsLookDifferent) {
  EXPECT_NE(Seal("text", ""), Seal("text", ""));
}

// A string keeps a short text in itself, also after it was moved from.
TEST(SecretTest, ShortOnesLeaveNothingBehind) {
  const std::string text = "verify-me-now";
  alignas(Secret) std::array<char, sizeof(Secret)> room{};
  const auto holds = [&] {
    return std::string_view(room.data(), room.size()).find("verify-me") !=
           std::string_view::npos;
  };
  auto* secret = new (room.data()) Secret(text);
  ASSERT_TRUE(holds());
  Secret moved = std::move(*secret);
  EXPECT_FALSE(holds());
  *secret = std::move(moved);
  ASSERT_TRUE(holds());
  Secret assigned;
  assigned = std::move(*secret);
  EXPECT_FALSE(holds());
  *secret = assigned;
  ASSERT_TRUE(holds());
  secret->~Secret();
  EXPECT_FALSE(holds());
  EXPECT_EQ(assigned.Reveal(), text);
}

TEST(SecretTest, MovesAndCopies) {
  Secret a(std::string("a secret longer than a short string's own buffer"));
  const Secret copy = a;
  const Secret moved = std::move(a);
  EXPECT_EQ(copy.Reveal(), moved.Reveal());
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): it is wiped.
  Secret assigned(std::string("x"));
  assigned = copy;
  assigned = *&assigned;
  EXPECT_EQ(assigned.Reveal(), copy.Reveal());
}

}  // namespace
}  // namespace linktor
