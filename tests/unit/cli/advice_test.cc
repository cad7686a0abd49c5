#include "client/cli/advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace linktor::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Failure Advised(const std::string& reason, const Subject& subject = {},
                std::map<std::string, std::string> metadata = {}) {
  Failure failure{.reason = reason, .metadata = std::move(metadata)};
  Advise(subject, failure);
  return failure;
}

TEST(AdviseTest, GivesCommandsWithTheIdsAtHand) {
  EXPECT_THAT(Advised("RECIPIENT_OPTED_OUT", {"ch", "61"}).next,
              ElementsAre(HasSubstr("linktor-ig conversations opt-in ch 61")));
  EXPECT_THAT(Advised("OUTSIDE_MESSAGING_WINDOW", {"ch", "61"}).next,
              ElementsAre("linktor-ig conversations get ch 61",
                          HasSubstr("--human-agent")));
  EXPECT_THAT(Advised("ACCESS_TOKEN_EXPIRED", {"ch", ""}).next,
              ElementsAre("linktor-ig channels set-credentials ch "
                          "--access-token-file FILE"));
  EXPECT_THAT(Advised("API_KEY_NOT_FOUND").next,
              ElementsAre("linktor-ig keys list"));
  EXPECT_THAT(Advised("CURSOR_REWOUND", {}, {{"restart_cursor", "AAA"}}).next,
              ElementsAre("linktor-ig events tail --after AAA"));
}

TEST(AdviseTest, PlaceholdersForWhatTheCommandDoesNotName) {
  EXPECT_THAT(Advised("USER_HAS_NOT_WRITTEN").next,
              ElementsAre("linktor-ig conversations get CHANNEL USER"));
}

TEST(AdviseTest, NoAdviceForTheRest) {
  EXPECT_THAT(Advised("INVALID_CONTENT").next, IsEmpty());
  EXPECT_THAT(Advised("").next, IsEmpty());
  EXPECT_THAT(Advised("CURSOR_REWOUND").next, IsEmpty());
}

// ---- The API key -----------------------------------------------------------

Failure KeyRefused(const std::string& reason, const ApiKeySource& key,
                   std::map<std::string, std::string> metadata = {}) {
  Failure failure{.code = reason == "NOT_AUTHORIZED" ? "PERMISSION_DENIED"
                                                     : "UNAUTHENTICATED",
                  .reason = reason,
                  .metadata = std::move(metadata)};
  AdviseAboutKey({.config_path = "/c.toml", .api_key = key}, failure);
  return failure;
}

const ApiKeySource kOfFile{.file = "a.key",
                           .description = "a.key (--api-key-file)"};

TEST(AdviseAboutKeyTest, SaysWhereTheKeyCameFrom) {
  EXPECT_EQ(KeyRefused("API_KEY_INVALID", kOfFile).metadata["api_key"],
            "from a.key (--api-key-file)");
}

TEST(AdviseAboutKeyTest, SaysWhereAKeyIsLookedFor) {
  const Failure failure = KeyRefused("API_KEY_MISSING", {});
  EXPECT_EQ(failure.metadata.at("api_key"), "none was sent");
  ASSERT_EQ(failure.next.size(), 1U);
  for (const char* place :
       {"--api-key-file FILE", "LINKTOR_IG_API_KEY ", "LINKTOR_IG_API_KEY_FILE",
        "api_key_file of the server in /c.toml"}) {
    EXPECT_THAT(failure.next[0], HasSubstr(place));
  }
}

TEST(AdviseAboutKeyTest, KeyThatGotLostOnTheWay) {
  EXPECT_THAT(KeyRefused("API_KEY_MISSING", kOfFile).next,
              ElementsAre(HasSubstr("whether a proxy on the way drops")));
}

TEST(AdviseAboutKeyTest, CommandsForTheOneWhoManagesKeys) {
  EXPECT_THAT(
      KeyRefused("API_KEY_EXPIRED", kOfFile, {{"api_key_id", "01"}}).next,
      ElementsAre(HasSubstr("linktor-ig keys update 01 --expires 90d")));
  EXPECT_THAT(
      KeyRefused("API_KEY_DISABLED", kOfFile, {{"api_key_id", "01"}}).next,
      ElementsAre(HasSubstr("linktor-ig keys enable 01")));
  EXPECT_THAT(
      KeyRefused(
          "NOT_AUTHORIZED", kOfFile,
          {{"api_key_id", "01"}, {"permission", "PERMISSION_READ_EVENTS"}})
          .next,
      ElementsAre(HasSubstr("linktor-ig keys get 01"),
                  HasSubstr("keys update 01 --permission read-events and")));
}

TEST(AdviseAboutKeyTest, RefusalThatIsNotTheGatewaysOwn) {
  Failure failure{.code = "PERMISSION_DENIED"};
  AdviseAboutKey({.api_key = kOfFile}, failure);
  EXPECT_THAT(failure.remedy, HasSubstr("not made by the gateway"));
  EXPECT_THAT(failure.next, IsEmpty());
}

TEST(AdviseAboutKeyTest, SaysNothingOfOtherFailures) {
  Failure failure{.code = "NOT_FOUND", .reason = "CHANNEL_NOT_FOUND"};
  AdviseAboutKey({.api_key = kOfFile}, failure);
  EXPECT_THAT(failure.next, IsEmpty());
  EXPECT_THAT(failure.metadata, IsEmpty());
}

// ---- TLS -------------------------------------------------------------------

std::vector<std::string> TlsAdvice(const Connection& connection,
                                   const std::string& detail) {
  Failure failure = NotReached("h:1", detail);
  AdviseAboutTls(connection, failure);
  return failure.next;
}

TEST(AdviseAboutTlsTest, ServerThatAnswersAndIsNotUnderstood) {
  EXPECT_THAT(TlsAdvice({}, "UNAVAILABLE: ipv4:127.0.0.1:1: Socket closed"),
              ElementsAre(HasSubstr("the same with --tls")));
  EXPECT_THAT(TlsAdvice({.tls = true},
                        "Ssl handshake failed: SSL_ERROR_SSL: error:0A00010B:"
                        "SSL routines::wrong version number"),
              ElementsAre(HasSubstr("the same without --tls")));
}

TEST(AdviseAboutTlsTest, CertificatesThatAreNotTaken) {
  EXPECT_THAT(TlsAdvice({.tls = true},
                        "error:0A000086:SSL routines::certificate verify "
                        "failed"),
              ElementsAre(HasSubstr("--ca FILE")));
  EXPECT_THAT(TlsAdvice({.tls = true},
                        "Peer name 127.0.0.1 is not in peer certificate"),
              ElementsAre(HasSubstr("--tls-name NAME")));
  EXPECT_THAT(TlsAdvice({.tls = true, .cert = "c"}, "empty address list: "),
              ElementsAre(HasSubstr("--cert and --key belong together")));
  EXPECT_THAT(TlsAdvice({.tls = true}, "Socket closed"),
              ElementsAre(HasSubstr("--cert FILE --key FILE")));
  EXPECT_THAT(TlsAdvice({.tls = true, .cert = "c"}, "Socket closed"),
              IsEmpty());
}

TEST(AdviseAboutTlsTest, ServerThatAnswersNeedNotBeStarted) {
  Failure failure = NotReached("h:1", "Socket closed");
  AdviseAboutTls({}, failure);
  EXPECT_EQ(failure.remedy, "Nothing was done.");
}

TEST(AdviseAboutTlsTest, ServerThatIsAwayHasNothingToDoWithTls) {
  for (const bool tls : {false, true}) {
    EXPECT_THAT(TlsAdvice({.tls = tls},
                          "Failed to connect to remote host: Connection "
                          "refused"),
                IsEmpty());
  }
}

}  // namespace
}  // namespace linktor::cli
