#include "server/webhook/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "server/base/strings.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/webhook/bodies.h"
#include "tests/unit/webhook/webhook_fixture.h"

namespace linktor::webhook {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string Sign(std::string_view body, std::string_view secret) {
  const Digest mac = HmacKey(secret).Sign(body);
  return "sha256=" + absl::BytesToHexString(ToAbsl(AsBytes(mac)));
}

class WebhookEndpointTest : public testing::Test {
 protected:
  WebhookEndpointTest() {
    fixture_.Put({.app_secrets = {"first-app-secret", "second-app-secret"}});
  }

  http::HttpResponse Handle(std::string_view method, const std::string& target,
                            const std::string& body = "",
                            const std::string& signature = "") {
    http::HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.body.reserve(body.size() + http::kBodySlack);
    if (!signature.empty()) {
      request.headers.Add("X-Hub-Signature-256", signature);
    }
    http::HttpResponse answer{.status = 0};
    endpoint_.Handle(request, [&answer](http::HttpResponse response) {
      answer = std::move(response);
    });
    return answer;
  }

  http::HttpResponse Post(const std::string& body,
                          const std::string& signature) {
    return Handle("POST", kPath, body, signature);
  }

  const journal::Webhook& LastSunk() const {
    return sunk_.back().appended.record.webhook();
  }

  static constexpr char kPath[] = "/webhooks/instagram/ch_1";
  WebhookFixture fixture_;
  FakeWebhookObserver& observer_ = fixture_.observer;
  std::vector<Delivery> sunk_;
  absl::StatusOr<state::DeliveryAnswer> outcome_ =
      state::DeliveryAnswer{.events = 1};
  WebhookEndpoint endpoint_{fixture_.registry, fixture_.ingest,
                            [this](Delivery delivery, auto done) {
                              sunk_.push_back(std::move(delivery));
                              done(outcome_);
                            },
                            observer_};
};

struct VerifyCase {
  const char* query;
  int status;
};

TEST_F(WebhookEndpointTest, VerificationTable) {
  const VerifyCase cases[] = {
      {"hub.mode=subscribe&hub.verify_token=verify+me&hub.challenge=115", 200},
      {"hub.mode=subscribe&hub.verify_token=verify%20me&hub.challenge=a_-Z9",
       200},
      {"hub.mode=subscribe&hub.verify_token=verify+mE&hub.challenge=115", 403},
      {"hub.mode=subscribe&hub.verify_token=verify+me+&hub.challenge=115", 403},
      {"hub.mode=subscribe&hub.verify_token=verify&hub.challenge=115", 403},
      {"hub.mode=subscribe&hub.verify_token=&hub.challenge=115", 403},
      {"hub.mode=subscribe&hub.challenge=115", 403},
      // Not what Meta sends.
      {"hub.mode=unsubscribe&hub.verify_token=verify+me&hub.challenge=115",
       400},
      {"hub.verify_token=verify+me&hub.challenge=115", 400},
      {"hub.mode=subscribe&hub.verify_token=verify+me", 400},
      {"hub.mode=subscribe&hub.verify_token=verify+me&hub.challenge=", 400},
      // This challenge is HTML markup.
      {"hub.mode=subscribe&hub.verify_token=verify+me&hub.challenge=%3Cb%3E",
       400},
      {"hub.mode=subscribe&hub.verify_token=verify+me&hub.challenge=1+2", 400},
      {"hub.mode=subscribe&hub.verify_token=verify+me&hub.challenge=1%0d%0a",
       400},
      {"", 400},
  };
  for (const VerifyCase& c : cases) {
    const http::HttpResponse answer =
        Handle("GET", absl::StrCat(kPath, "?", c.query));
    EXPECT_EQ(answer.status, c.status) << c.query;
    EXPECT_THAT(answer.body, Not(HasSubstr("<")));
  }
}

TEST_F(WebhookEndpointTest, EchoesTheChallengeAsPlainText) {
  const http::HttpResponse answer = Handle(
      "GET", absl::StrCat(kPath,
                          "?hub.mode=subscribe&hub.verify_token=verify+me"
                          "&hub.challenge=1158201444"));
  EXPECT_EQ(answer.body, "1158201444");
  EXPECT_THAT(answer.content_type, HasSubstr("text/plain"));
  EXPECT_THAT(observer_.answers, ElementsAre(200));
}

// Otherwise everybody would know the token of a channel that has none.
TEST_F(WebhookEndpointTest, NoVerifyTokenMatchesNothing) {
  fixture_.Put({.id = "ch_2", .no = 2, .account_id = "2", .verify_token = ""});
  for (const char* token : {"", "&hub.verify_token=", "&hub.verify_token=x"}) {
    EXPECT_EQ(
        Handle("GET", absl::StrCat("/webhooks/instagram/ch_2?hub.mode=subscribe"
                                   "&hub.challenge=1",
                                   token))
            .status,
        403);
  }
}

TEST_F(WebhookEndpointTest, SignedBodiesAreSunkAndAnswered) {
  const std::string body = Messaging({TextItem("m")});
  const http::HttpResponse answer = Post(body, Sign(body, "first-app-secret"));
  EXPECT_EQ(answer.status, 200);
  ASSERT_EQ(sunk_.size(), 1U);
  EXPECT_EQ(LastSunk().channel_no(), 1);
  EXPECT_EQ(LastSunk().items_size(), 1);
  EXPECT_EQ(sunk_[0].new_keys.size(), 1U) << "the customer has none yet";
  EXPECT_THAT(observer_.answers, ElementsAre(200));
  EXPECT_THAT(observer_.outcomes, ElementsAre(1));
}

TEST_F(WebhookEndpointTest, SecondSecretIsTakenToo) {
  const std::string body = Messaging({TextItem("m")});
  EXPECT_EQ(Post(body, Sign(body, "second-app-secret")).status, 200);
  ASSERT_EQ(sunk_.size(), 1U);
  EXPECT_EQ(LastSunk().items(0).fate(), journal::ITEM_FATE_EVENT);
}

TEST_F(WebhookEndpointTest, AnythingWrongWithTheSignatureIs401) {
  const std::string body = Messaging({TextItem("m")});
  const std::string good = Sign(body, "first-app-secret");
  for (const std::string& bad :
       {std::string(), std::string("sha256="), good.substr(7), good + "0",
        "sha1=" + good.substr(7, 40), Sign(body, "another-app-secret"),
        Sign(body, ""), Sign(body + " ", "first-app-secret"),
        good.substr(0, good.size() - 1) + (good.back() == '0' ? '1' : '0')}) {
    EXPECT_EQ(Post(body, bad).status, 401) << bad;
  }
  EXPECT_EQ(Post(body + " ", good).status, 401);
  EXPECT_EQ(Post("", good).status, 401);
  EXPECT_THAT(sunk_, IsEmpty());
  EXPECT_THAT(observer_.outcomes, IsEmpty());
}

TEST_F(WebhookEndpointTest, ChannelWithoutSecretsTakesNothing) {
  fixture_.Put({.id = "ch_2", .no = 2, .account_id = "2", .app_secrets = {}});
  const std::string body = Messaging({TextItem("m")});
  EXPECT_EQ(
      Handle("POST", "/webhooks/instagram/ch_2", body, Sign(body, "")).status,
      401);
  EXPECT_THAT(sunk_, IsEmpty());
}

// Meta delivers everything again that is not answered 200.
TEST_F(WebhookEndpointTest, SignedRubbishIsKeptAndAnswered200) {
  for (const std::string body : {"", "rubbish", "[]", R"({"object":"x"})"}) {
    EXPECT_EQ(Post(body, Sign(body, "first-app-secret")).status, 200) << body;
    ASSERT_FALSE(sunk_.empty());
    EXPECT_EQ(LastSunk().items_size(), 1);
    EXPECT_EQ(LastSunk().items(0).fate(), journal::ITEM_FATE_ISSUE);
  }
}

TEST_F(WebhookEndpointTest, FailingSinkIs503) {
  const std::string body = Messaging({TextItem("m")});
  outcome_ = absl::UnavailableError("the disk is full");
  const http::HttpResponse answer = Post(body, Sign(body, "first-app-secret"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, Not(HasSubstr("disk")));
  EXPECT_THAT(observer_.outcomes, IsEmpty());
}

TEST_F(WebhookEndpointTest, UnknownPathsAre404) {
  const std::string body = Messaging({TextItem("m")});
  for (const char* path :
       {"/webhooks/instagram/ch_2", "/webhooks/instagram/",
        "/webhooks/instagram", "/webhooks/instagram/ch_1//",
        "/webhooks/instagram/ch_1/x", "/webhooks/facebook/ch_1", "/", "",
        "/webhooks/instagram/%zz", "/Webhooks/instagram/ch_1"}) {
    EXPECT_EQ(Handle("POST", path, body, Sign(body, "first-app-secret")).status,
              404)
        << path;
    EXPECT_EQ(Handle("GET", path).status, 404) << path;
  }
  EXPECT_THAT(sunk_, IsEmpty());
}

TEST_F(WebhookEndpointTest, OtherMethodsAre405) {
  for (const std::string_view method : {"PUT", "DELETE", "OPTIONS", ""}) {
    const http::HttpResponse answer = Handle(method, kPath);
    EXPECT_EQ(answer.status, 405);
    ASSERT_EQ(answer.headers.size(), 1U);
    EXPECT_EQ(answer.headers[0].first, "Allow");
  }
  EXPECT_THAT(sunk_, IsEmpty());
}

}  // namespace
}  // namespace linktor::webhook
