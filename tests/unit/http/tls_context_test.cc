#include "server/http/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_certificates.h"
#include "tests/unit/http/listener_fixture.h"

namespace linktor::http {
namespace {

using testing::HasSubstr;

TEST(MakeTlsContextTest, NamesTheTextThatCannotBeUsed) {
  TestAuthority authority;
  const TestCertificate good = authority.IssueServer();
  const std::string other_key = authority.IssueServer().private_key;
  const struct {
    TestCertificate identity;
    std::string client_ca;
    const char* sentence;
  } kCases[] = {
      {{"", good.private_key}, "", "cannot read the certificate: "},
      {{"text", good.private_key}, "", "cannot read the certificate: "},
      {{good.certificate, ""}, "", "cannot read the private key: "},
      {{good.certificate, good.certificate}, "", "cannot read the private key"},
      {{good.certificate, other_key}, "", "cannot use the private key: "},
      {good, "text", "cannot read the clients' CA: "},
  };
  for (const auto& c : kCases) {
    const auto context =
        MakeTlsContext(*IdentityOf(c.identity, 1, c.client_ca));
    EXPECT_THAT(context, StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_THAT(std::string(context.status().message()), HasSubstr(c.sentence));
  }
}

TEST(MakeTlsContextTest, DamagedLinkOfTheChainIsRefused) {
  TestAuthority authority;
  TestCertificate chain = authority.IssueServer();
  absl::StrAppend(
      &chain.certificate,
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
  EXPECT_THAT(MakeTlsContext(*IdentityOf(chain)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

// OpenSSL would ask for the password on the terminal, and wait for it.
TEST(MakeTlsContextTest, KeyWithAPasswordIsRefused) {
  TestAuthority authority;
  TestCertificate locked = authority.IssueServer();
  locked.private_key = WithPassword(locked.private_key);
  EXPECT_THAT(MakeTlsContext(*IdentityOf(locked)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(TlsContextsTest, OneIsMadeForEachGeneration) {
  TestAuthority authority;
  auto identity = IdentityOf(authority.IssueServer(), 1);
  TlsContexts contexts([&] { return identity; });
  const auto first = contexts.Current();
  ASSERT_THAT(first, IsOk());
  // Another object has the same generation, so the context stays the same.
  identity = IdentityOf(authority.IssueServer(), 1);
  EXPECT_EQ(*contexts.Current(), *first);
  identity = IdentityOf(authority.IssueServer(), 2);
  const auto second = contexts.Current();
  ASSERT_THAT(second, IsOk());
  EXPECT_NE(*second, *first);
  EXPECT_EQ(*contexts.Current(), *second);
}

// A thread may be slow to come with the identity that it was given.
TEST(TlsContextsTest, EarlierGenerationDoesNotComeBack) {
  TestAuthority authority;
  auto identity = IdentityOf(authority.IssueServer(), 2);
  TlsContexts contexts([&] { return identity; });
  const auto later = contexts.Current();
  ASSERT_THAT(later, IsOk());
  identity = IdentityOf(authority.IssueServer(), 1);
  EXPECT_EQ(*contexts.Current(), *later);
}

TEST(TlsContextsTest, UnusableGenerationIsNotCoveredByTheOneBefore) {
  TestAuthority authority;
  auto identity = IdentityOf(authority.IssueServer(), 1);
  TlsContexts contexts([&] { return identity; });
  ASSERT_THAT(contexts.Current(), IsOk());
  identity = IdentityOf({}, 2);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(contexts.Current(),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
  identity = IdentityOf(authority.IssueServer(), 3);
  EXPECT_THAT(contexts.Current(), IsOk());
}

}  // namespace
}  // namespace linktor::http
