// These tests run an emulator that has several accounts at once.

#include "emulator/account_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSecond[] = "17841400000000002";
constexpr char kSecondPage[] = "100200302";
constexpr char kAnyHello[] =
    R"({"recipient":{"id":"61"},"message":{"text":"Hello"}})";

class AccountTest : public EmulatorTest {
 protected:
  AccountTest() {
    Connect();
    emulator_->Configure({.page_id = "100200301"});
    Put(R"({"page_id":"100200302","access_token":"second"})");
  }

  // Changes the second account.
  json::value Put(std::string_view body) {
    const Reply reply = Control("PUT", absl::StrCat(kPath, kSecond), body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.Json();
  }
  Reply Write(std::string_view to) {
    return Control(
        "POST", "/emulator/messages",
        json::serialize(json::object{
            {"from", "61"}, {"to", std::string(to)}, {"text", "Hi"}}));
  }
  Reply SendAs(std::string_view token, const std::string& path) {
    return Http(emulator_->address(), "POST", path, kAnyHello,
                {{"Authorization", absl::StrCat("Bearer ", ToAbsl(token))}});
  }

  static constexpr char kPath[] = "/emulator/accounts/";
};

TEST_F(AccountTest, HasItsOwnEntryAndPeople) {
  EXPECT_EQ(Write(kSecond).status, 200);
  const http::HttpRequest webhook = gateway_.WaitForWebhooks(1)[0];
  EXPECT_EQ(Text(EntriesOf(webhook)[0], "id"), kSecond);
  EXPECT_EQ(Text(ItemOf(webhook).at("recipient"), "id"), kSecond);
  EXPECT_TRUE(emulator_->users().empty());
  ASSERT_EQ(emulator_->users(kSecond).size(), 1u);
  EXPECT_EQ(emulator_->users(kSecond)[0].id, "61");
  EXPECT_EQ(Control("GET", "/emulator/users/61").status, 404);
  EXPECT_EQ(Control("GET", absl::StrCat("/emulator/users/61?account=", kSecond))
                .status,
            200);
}

TEST_F(AccountTest, IsNamedByItsPageToo) {
  EXPECT_EQ(Write(kSecondPage).status, 200);
  EXPECT_EQ(Text(EntriesOf(gateway_.WaitForWebhooks(1)[0])[0], "id"), kSecond);
}

TEST_F(AccountTest, GraphCallIsForTheAccountOfItsPathOrToken) {
  const struct {
    const char* token;
    const char* path;
    const char* account;
  } kCases[] = {
      {"any", "/v25.0/17841400000000002/messages", kSecond},
      {"any", "/v25.0/100200302/messages", kSecond},
      {"second", "/v25.0/me/messages", kSecond},
      {"any", "/v25.0/me/messages", kAccount},
      {"any", "/v25.0/100200301/messages", kAccount},
  };
  std::size_t count = 0;
  for (const auto& c : kCases) {
    EXPECT_EQ(SendAs(c.token, c.path).status, 200) << c.path;
    const http::HttpRequest echo = gateway_.WaitForWebhooks(++count).back();
    EXPECT_EQ(Text(EntriesOf(echo)[0], "id"), c.account) << c.path;
    EXPECT_EQ(Text(ItemOf(echo).at("sender"), "id"), c.account) << c.path;
    EXPECT_EQ(emulator_->graph_calls().Get().calls.back().account, c.account);
  }
  EXPECT_EQ(emulator_->users(kSecond)[0].received, 3u);
  EXPECT_EQ(emulator_->users()[0].received, 2u);
}

TEST_F(AccountTest, TokenInTheBodyTells) {
  EXPECT_EQ(Http(emulator_->address(), "POST", "/me/messages",
                 R"({"access_token":"second","recipient":{"id":"61"},
                     "message":{"text":"Hello"}})")
                .status,
            200);
  EXPECT_EQ(emulator_->graph_calls().Get().calls[0].account, kSecond);
}

TEST_F(AccountTest, WebhooksGoToItsOwnUrlWithItsOwnSecret) {
  RecordingGateway elsewhere;
  Put(absl::StrCat(R"({"app_secret":"other","webhook_url":")", elsewhere.url(),
                   "\"}"));
  EXPECT_EQ(Write(kSecond).status, 200);
  const http::HttpRequest webhook = elsewhere.WaitForWebhooks(1)[0];
  EXPECT_EQ(webhook.headers.First("X-Hub-Signature-256"),
            Signature(webhook.body, "other"));
  EXPECT_TRUE(gateway_.webhooks().empty());
  Control("POST", absl::StrCat("/emulator/webhooks?account=", kSecond), "{}");
  EXPECT_EQ(elsewhere.webhooks().size(), 2u);
}

TEST_F(AccountTest, FollowsTheFirstOneUntilItIsSet) {
  emulator_->Configure({.app_secret = Secret("new"), .strict = true});
  EXPECT_EQ(Write(kSecond).status, 200);
  const http::HttpRequest webhook = gateway_.WaitForWebhooks(1)[0];
  EXPECT_EQ(webhook.headers.First("X-Hub-Signature-256"),
            Signature(webhook.body, "new"));
  EXPECT_TRUE(Put("{}").at("strict").as_bool());
  EXPECT_FALSE(Put(R"({"strict":false})").at("strict").as_bool());
  EXPECT_TRUE(emulator_->config().strict);
}

TEST_F(AccountTest, StrictOnesKnowTheirOwnTokens) {
  emulator_->Configure({.strict = true, .access_token = Secret("first")});
  Write(kAccount);
  Write(kSecond);
  Put(R"({"other_tokens":["third"]})");
  const std::string path = "/v25.0/100200302/messages";
  EXPECT_EQ(SendAs("second", path).status, 200);
  EXPECT_EQ(SendAs("third", path).status, 200);
  // A token of nobody has expired; that of another account sees nothing here.
  EXPECT_EQ(ErrorCode(SendAs("unknown", path)), 190);
  const Reply foreign = SendAs("first", path);
  EXPECT_EQ(ErrorCode(foreign), 100);
  EXPECT_EQ(foreign.Json().at("error").at("error_subcode").as_int64(), 33);
  EXPECT_EQ(ErrorCode(SendAs("second", "/v25.0/100200301/messages")), 100);
}

TEST_F(AccountTest, CustomerOfOneIsNobodyToTheOther) {
  emulator_->Configure({.strict = true});
  Write(kAccount);
  EXPECT_EQ(ErrorCode(SendAs("second", "/me/messages")), 100);
  Write(kSecond);
  EXPECT_EQ(SendAs("second", "/me/messages").status, 200);
}

TEST_F(AccountTest, OffersAreOfTheAccountThatMadeThem) {
  Http(emulator_->address(), "POST", "/me/messages",
       R"({"recipient":{"id":"61"},"message":{"text":"Which?",
           "quick_replies":[{"content_type":"text","title":"Sale",
                             "payload":"SALE"}]}})",
       {{"Authorization", "Bearer second"}});
  EXPECT_EQ(Control("POST", "/emulator/taps", R"({"from":"61","title":"Sale"})")
                .status,
            400);
  EXPECT_EQ(Control("POST", "/emulator/taps",
                    R"({"from":"61","title":"Sale","to":"17841400000000002"})")
                .status,
            200);
}

TEST_F(AccountTest, FaultStrikesOneAccountOnly) {
  AddFault(R"({"on":"messages","account":"100200302","kind":"status",
               "status":500,"times":0})");
  EXPECT_EQ(SendAs("second", "/me/messages").status, 500);
  EXPECT_EQ(SendAs("any", "/me/messages").status, 200);
}

TEST_F(AccountTest, VerificationIsOfItsUrlWithItsToken) {
  Put(R"({"verify_token":"wrong"})");
  const json::value first = Control("POST", "/emulator/verify").Json();
  EXPECT_TRUE(first.at("verified").as_bool());
  const json::value second =
      Control("POST", "/emulator/verify", R"({"account":"17841400000000002"})")
          .Json();
  EXPECT_FALSE(second.at("verified").as_bool());
}

TEST_F(AccountTest, AreListedWithoutTheirSecrets) {
  const Reply reply = Control("GET", "/emulator/accounts");
  EXPECT_THAT(reply.body, Not(HasSubstr("second")));
  const json::array list = reply.Json().at("accounts").as_array();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(Text(list[0], "account_id"), kAccount);
  EXPECT_EQ(Text(list[1], "account_id"), kSecond);
  EXPECT_EQ(Text(list[1], "page_id"), kSecondPage);
  EXPECT_EQ(Text(list[1], "webhook_url"), gateway_.url());
  EXPECT_TRUE(list[1].at("access_token_set").as_bool());
  EXPECT_EQ(Control("GET", absl::StrCat(kPath, kSecond)).Json(), list[1]);
}

TEST_F(AccountTest, MalformedRequestsGetASentence) {
  const struct {
    const char* method;
    const char* target;
    const char* body;
    int status;
  } kCases[] = {
      {"PUT", "/emulator/accounts/shop", "{}", 400},
      {"PUT", "/emulator/accounts/9", R"({"page_id":"100200302"})", 400},
      {"PUT", "/emulator/accounts/9", R"({"account_id":"8"})", 400},
      {"PUT", "/emulator/accounts/9", R"({"other_tokens":"t"})", 400},
      {"PUT", "/emulator/config", R"({"account_id":"17841400000000002"})", 400},
      {"PUT", "/emulator/config", R"({"page_id":"100200302"})", 400},
      {"GET", "/emulator/accounts/9", "", 404},
      {"DELETE", "/emulator/accounts/17841400000000002", "", 405},
      {"POST", "/emulator/accounts", "{}", 405},
      {"GET", "/emulator/users?account=9", "", 404},
      {"POST", "/emulator/verify", R"({"account":"9"})", 404},
      {"POST", "/emulator/faults", R"({"on":"*","kind":"close","account":"9"})",
       404},
  };
  for (const auto& c : kCases) {
    const Reply reply = Control(c.method, c.target, c.body);
    EXPECT_EQ(reply.status, c.status) << c.target << " " << c.body;
    EXPECT_NE(Text(reply.Json(), "error"), "") << c.target;
  }
  EXPECT_EQ(emulator_->accounts().List().size(), 2u);
}

TEST(AccountListTest, IsBounded) {
  ProfileStore profiles;
  MessageStore messages;
  AccountList accounts({}, profiles, messages);
  for (std::size_t i = 1; i < AccountList::kMaxAccounts; ++i) {
    ASSERT_TRUE(accounts.Change(absl::StrCat(i), {}).ok());
  }
  EXPECT_EQ(accounts.Change("99999", {}).code(),
            absl::StatusCode::kResourceExhausted);
  // An account that is there can be changed all the same.
  EXPECT_TRUE(accounts.Change("5", {.strict = true}).ok());
  EXPECT_TRUE(accounts.ConfigOf("5").strict);
}

}  // namespace
}  // namespace linktor::emulator
