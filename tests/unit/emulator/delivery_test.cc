// Webhooks that are delivered again by themselves, together, in another order,
// and twice.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

constexpr char kDelivery[] = "/emulator/delivery";
constexpr char kAnHour[] = R"({"ahead_ms":3600000})";
constexpr char kOther[] = "17841400000000002";

class DeliveryTest : public EmulatorTest {
 protected:
  DeliveryTest() { Connect(); }

  json::value Put(std::string_view body) {
    const Reply reply = Control("PUT", kDelivery, body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.Json();
  }
  // Delivers what is due, and returns the statuses of the webhooks.
  std::vector<std::int64_t> DeliverNow(std::string_view body = {}) {
    const Reply reply = Control("POST", kDelivery, body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    std::vector<std::int64_t> statuses;
    const json::value answer = reply.Json();
    for (const json::value& one : answer.at("webhooks").as_array()) {
      statuses.push_back(one.at("status").as_int64());
    }
    return statuses;
  }
  // A customer writes, to the account if one is named.
  Reply Write(std::string_view text, std::string_view to = kAccount) {
    const Reply reply =
        Control("POST", "/emulator/messages",
                json::serialize(json::object{{"from", "61"},
                                             {"to", std::string(to)},
                                             {"text", std::string(text)}}));
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply;
  }
  // The texts of all messages that have come, in their order.
  std::vector<std::string> Texts() {
    std::vector<std::string> texts;
    for (const http::HttpRequest& webhook : gateway_.webhooks()) {
      for (const json::value& entry : EntriesOf(webhook)) {
        for (const json::value& item : entry.at("messaging").as_array()) {
          texts.push_back(Text(item.at("message"), "text"));
        }
      }
    }
    return texts;
  }
  std::int64_t Waiting() {
    return Control("GET", kDelivery).Json().at("waiting").to_number<int>();
  }
};

TEST_F(DeliveryTest, IsOffAtTheBeginning) {
  gateway_.AnswerWith(503);
  EXPECT_EQ(Write("Hi").Json().at("webhook").at("status").as_int64(), 503);
  const json::value state = Control("GET", kDelivery).Json();
  EXPECT_FALSE(state.at("redeliver").as_bool());
  EXPECT_FALSE(state.at("reorder").as_bool());
  EXPECT_EQ(state.at("batch").as_int64(), 1);
  EXPECT_EQ(state.at("duplicate_percent").as_int64(), 0);
  EXPECT_TRUE(state.at("next_due_ms").is_null());
  EXPECT_EQ(state.at("waiting").to_number<int>(), 0);
}

TEST_F(DeliveryTest, UnansweredComesAgainAfterGrowingPauses) {
  // The pauses are hours, so that it does not matter how long the test takes.
  Put(R"({"hold":true,"redeliver":true,"first_pause_ms":3600000,
          "give_up_after_ms":129600000})");
  const json::value written = Write("Hi").Json();
  EXPECT_TRUE(written.at("webhook").at("waits").as_bool());
  gateway_.AnswerWith(503);
  EXPECT_THAT(DeliverNow(), ElementsAre(503));
  EXPECT_THAT(DeliverNow(), ElementsAre(503));
  EXPECT_THAT(DeliverNow(), ElementsAre());
  EXPECT_THAT(DeliverNow(kAnHour), ElementsAre(503));
  EXPECT_THAT(DeliverNow(kAnHour), ElementsAre());
  gateway_.AnswerWith(200);
  EXPECT_THAT(DeliverNow(kAnHour), ElementsAre(200));
  EXPECT_THAT(DeliverNow(R"({"ahead_ms":129600000})"), ElementsAre());
  const auto webhooks = gateway_.webhooks();
  ASSERT_EQ(webhooks.size(), 4u);
  EXPECT_EQ(ItemOf(webhooks[0]), ItemOf(webhooks[3]));
  EXPECT_EQ(webhooks[3].headers.First("X-Hub-Signature-256"),
            Signature(webhooks[3].body, kSecret));
  const json::value list =
      Control("GET", "/emulator/webhooks").Json().at("webhooks");
  EXPECT_EQ(list.at(3).at("attempt").as_int64(), 4);
}

TEST_F(DeliveryTest, IsGivenUpAtLast) {
  Put(R"({"hold":true,"redeliver":true,"first_pause_ms":3600000,
          "give_up_after_ms":9000000})");
  Write("Hi");
  gateway_.AnswerWith(500);
  // The emulator delivers at once, again at once, and an hour later. Three
  // hours later it has given up.
  DeliverNow();
  DeliverNow();
  for (int i = 0; i < 10; ++i) DeliverNow(kAnHour);
  EXPECT_EQ(gateway_.webhooks().size(), 3u);
  EXPECT_EQ(Control("GET", kDelivery).Json().at("given_up").to_number<int>(),
            1);
  EXPECT_EQ(Waiting(), 0);
}

TEST_F(DeliveryTest, ComesAgainByItself) {
  Put(R"({"redeliver":true,"first_pause_ms":1})");
  gateway_.AnswerWith(503);
  Write("Hi");
  gateway_.WaitForWebhooks(4);
  EXPECT_EQ(Texts().at(3), "Hi");
}

TEST_F(DeliveryTest, RawBodyComesAgainAsItIs) {
  Put(R"({"redeliver":true})");
  gateway_.AnswerWith(503);
  Control("POST", "/emulator/webhooks", "{ }");
  EXPECT_EQ(gateway_.WaitForWebhooks(2)[1].body, "{ }");
}

TEST_F(DeliveryTest, SeveralUpdatesComeInOneWebhook) {
  Put(R"({"hold":true,"batch":3})");
  for (const char* text : {"1", "2", "3", "4"}) Write(text);
  EXPECT_EQ(Waiting(), 4);
  EXPECT_THAT(DeliverNow(), ElementsAre(200, 200));
  const auto webhooks = gateway_.webhooks();
  ASSERT_EQ(webhooks.size(), 2u);
  EXPECT_EQ(EntriesOf(webhooks[0])[0].at("messaging").as_array().size(), 3u);
  EXPECT_THAT(Texts(), ElementsAre("1", "2", "3", "4"));
  const json::value list =
      Control("GET", "/emulator/webhooks").Json().at("webhooks");
  EXPECT_EQ(Text(list.at(0), "kind"), "batch");
  EXPECT_EQ(list.at(0).at("updates").to_number<int>(), 3);
  EXPECT_EQ(Text(list.at(1), "kind"), "message");
}

TEST_F(DeliveryTest, FullBatchLeavesByItself) {
  Put(R"({"batch":2,"gather_ms":129600000})");
  Write("1");
  Write("2");
  gateway_.WaitForWebhooks(1);
  EXPECT_THAT(Texts(), ElementsAre("1", "2"));
}

TEST_F(DeliveryTest, BatchLeavesByItselfWhenItHasGathered) {
  Put(R"({"batch":1000,"gather_ms":1})");
  Write("1");
  gateway_.WaitForWebhooks(1);
  EXPECT_THAT(Texts(), ElementsAre("1"));
}

TEST_F(DeliveryTest, BatchHasEntriesOfSeveralAccounts) {
  RecordingGateway elsewhere;
  ASSERT_TRUE(emulator_->accounts().Change(kOther, {}).ok());
  ASSERT_TRUE(emulator_->accounts()
                  .Change("17841400000000003", {.webhook_url = elsewhere.url()})
                  .ok());
  Put(R"({"hold":true,"batch":10})");
  Write("1");
  Write("2", kOther);
  Write("3", "17841400000000003");
  EXPECT_THAT(DeliverNow(), ElementsAre(200, 200));
  ASSERT_EQ(gateway_.webhooks().size(), 1u);
  const json::array entries = EntriesOf(gateway_.webhooks()[0]);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(Text(entries[0], "id"), kAccount);
  EXPECT_EQ(Text(entries[1], "id"), kOther);
  EXPECT_EQ(Text(EntriesOf(elsewhere.webhooks().at(0))[0], "id"),
            "17841400000000003");
}

TEST_F(DeliveryTest, SeedRepeatsTheOrder) {
  const std::vector<std::string> sent = {"1", "2", "3", "4",
                                         "5", "6", "7", "8"};
  std::vector<std::string> order;
  for (int round = 0; round < 2; ++round) {
    Put(R"({"hold":true,"reorder":true,"seed":5})");
    for (const std::string& text : sent) Write(text);
    EXPECT_EQ(DeliverNow().size(), sent.size());
    if (round == 0) order = Texts();
  }
  EXPECT_NE(order, sent);
  EXPECT_THAT(order, UnorderedElementsAreArray(sent));
  const std::vector<std::string> all = Texts();
  EXPECT_EQ(std::vector<std::string>(all.begin() + 8, all.end()), order);
}

TEST_F(DeliveryTest, SeedIsMadeAndTold) {
  const auto seed = Put(R"({"reorder":true})").at("seed").to_number<int>();
  EXPECT_GT(seed, 0);
  EXPECT_EQ(Put(R"({"duplicate_percent":5})").at("seed").to_number<int>(),
            seed);
  EXPECT_EQ(Put(R"({"seed":77})").at("seed").to_number<int>(), 77);
}

TEST_F(DeliveryTest, UpdatesComeTwice) {
  Put(R"({"duplicate_percent":100})");
  const json::value written = Write("Hi").Json();
  EXPECT_EQ(written.at("webhook").at("status").as_int64(), 200);
  const auto webhooks = gateway_.WaitForWebhooks(2);
  EXPECT_EQ(ItemOf(webhooks[0]), ItemOf(webhooks[1]));
  Put(R"({"hold":true,"batch":10})");
  Write("again");
  DeliverNow();
  EXPECT_EQ(
      EntriesOf(gateway_.webhooks()[2])[0].at("messaging").as_array().size(),
      2u);
}

TEST_F(DeliveryTest, EchoesWaitToo) {
  emulator_->Configure({.echo_before_answer = true});
  Put(R"({"hold":true,"batch":10})");
  Write("Hi");
  EXPECT_EQ(Send("Hello").status, 200);
  EXPECT_TRUE(gateway_.webhooks().empty());
  EXPECT_THAT(DeliverNow(), ElementsAre(200));
  EXPECT_THAT(Texts(), ElementsAre("Hi", "Hello"));
}

TEST_F(DeliveryTest, HeldUpdatesLeaveWhenReleased) {
  Put(R"({"hold":true})");
  Write("1");
  Write("2");
  Put(R"({"hold":false})");
  gateway_.WaitForWebhooks(2);
  EXPECT_THAT(Texts(), ElementsAre("1", "2"));
}

TEST_F(DeliveryTest, RawBodyIsNotHeld) {
  Put(R"({"hold":true,"reorder":true})");
  Write("Hi");
  Control("POST", "/emulator/webhooks", "{}");
  ASSERT_EQ(gateway_.webhooks().size(), 1u);
  EXPECT_EQ(gateway_.webhooks()[0].body, "{}");
}

TEST_F(DeliveryTest, WhatWaitsCanBeForgotten) {
  Put(R"({"hold":true})");
  Write("Hi");
  EXPECT_EQ(Control("DELETE", kDelivery).status, 200);
  EXPECT_THAT(DeliverNow(), ElementsAre());
}

TEST_F(DeliveryTest, MalformedChangesGetASentence) {
  const struct {
    const char* method;
    const char* body;
    const char* says;
  } kCases[] = {
      {"PUT", R"({"batch":0})", "batch"},
      {"PUT", R"({"batch":1001})", "1000"},
      {"PUT", R"({"duplicate_percent":101})", "duplicate_percent"},
      {"PUT", R"({"first_pause_ms":0})", "first_pause_ms"},
      {"PUT", R"({"give_up_after_ms":-1})", "give_up_after_ms"},
      {"PUT", R"({"gather_ms":"1"})", "gather_ms"},
      {"PUT", R"({"seed":0})", "seed"},
      {"PUT", R"({"redeliver":1})", "true or false"},
      {"PUT", R"({"shuffle":true})", "not known"},
      {"PUT", "", "not valid JSON"},
      {"POST", R"({"ahead_ms":-1})", "ahead_ms"},
  };
  for (const auto& c : kCases) {
    const Reply reply = Control(c.method, kDelivery, c.body);
    EXPECT_EQ(reply.status, 400) << c.body;
    EXPECT_THAT(Text(reply.Json(), "error"), HasSubstr(c.says)) << c.body;
  }
}

TEST_F(DeliveryTest, StoppingAnswersADeliveryUnderWay) {
  Put(R"({"hold":true,"redeliver":true})");
  Write("Hi");
  gateway_.HoldAnswers();
  std::thread client([&] { EXPECT_THAT(DeliverNow(), ElementsAre(0)); });
  gateway_.WaitForWebhooks(1);
  emulator_->Stop();
  client.join();
  gateway_.ReleaseAnswers();
}

}  // namespace
}  // namespace linktor::emulator
