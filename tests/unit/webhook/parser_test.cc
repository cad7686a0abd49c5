#include "server/webhook/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

#include "tests/unit/webhook/bodies.h"
#include "tests/unit/webhook/render.h"

namespace linktor::webhook {
namespace {

namespace json = boost::json;

std::vector<ItemType> TypesOf(const std::vector<ParsedItem>& items) {
  std::vector<ItemType> types;
  types.reserve(items.size());
  for (const ParsedItem& item : items) types.push_back(TypeOf(item));
  return types;
}

void ExpectOneIssue(const std::string& text) {
  const Parsed parsed(text);
  ASSERT_EQ(parsed.items.size(), 1U) << text.substr(0, 200);
  EXPECT_EQ(TypeOf(parsed.only()), ItemType::kIssue) << text.substr(0, 200);
  EXPECT_EQ(parsed.only().form, EnvelopeForm::kBody);
  EXPECT_EQ(parsed.only().raw, parsed.body.view());
  EXPECT_FALSE(parsed.only().problem.empty());
}

TEST(ParseWebhookTest, WhatIsNoEnvelopeIsAnIssue) {
  for (const char* text : {"",
                           " ",
                           "\n\n",
                           "not JSON",
                           "null",
                           "7",
                           "\"object\"",
                           "[]",
                           "{",
                           "{}",
                           "[[",
                           "\xff\xfe",
                           "\xef\xbb\xbf{}",
                           R"({"object":"instagram"})",
                           R"({"object":"instagram","entry":[]})",
                           R"({"object":"instagram","entry":7})",
                           R"({"object":"instagram","entry":{}})",
                           R"({"object":"whatsapp","entry":[{"id":"1"}]})",
                           R"({"object":["instagram"],"entry":[{"id":"1"}]})",
                           R"({"entry":[{"id":"1"}]})",
                           R"({"object":"instagram"} {})",
                           R"({"object":"instagram","entry":[{"id":"1"}]}x)",
                           R"({"object":"instagram","entry":[{"id":"1"}]])"}) {
    ExpectOneIssue(text);
  }
}

TEST(ParseWebhookTest, DeepAndHugeBodiesAreIssues) {
  ExpectOneIssue(std::string(1 << 20, '['));
  ExpectOneIssue(std::string(1 << 20, '{'));
  ExpectOneIssue(std::string(1 << 20, '"'));
  ExpectOneIssue(std::string(1 << 20, ' '));
  ExpectOneIssue(std::string(1 << 20, '\0'));
  ExpectOneIssue(std::string(100'000, '[') + std::string(100'000, ']'));
}

TEST(ParseWebhookTest, DeepItemsAreUnknownAndSpareTheirNeighbours) {
  for (const std::size_t depth : {40UL, 2000UL, 100'000UL}) {
    const std::string deep = Inbound("\"message\":" + std::string(depth, '[') +
                                     std::string(depth, ']'));
    const Parsed parsed(Messaging({TextItem("a"), deep, TextItem("b")}));
    EXPECT_EQ(TypesOf(parsed.items),
              (std::vector<ItemType>{ItemType::kMessage, ItemType::kUnknown,
                                     ItemType::kMessage}));
    EXPECT_EQ(parsed.items[1].raw, deep);
    EXPECT_FALSE(parsed.items[1].problem.empty());
  }
}

constexpr char kEverything[] = R"({"object":"instagram","entry":[
  {"id":"17841400000000001","time":1700000001000,"messaging":[
    {"sender":{"id":"1"},"recipient":{"id":"2"},"timestamp":1700000000000,
     "message":{"mid":"m1","text":"gr\u00fc\u00dfe \ud83d\ude00",
       "attachments":[{"type":"image","payload":{"url":"https:\/\/e.x\/1"}}]}},
    {"read":{"mid":"m2"},"timestamp":-1.5e3}],
   "standby":[true,null],"changes":[{"field":"comments","value":{"id":"1"}}]},
  {"id":"0","time":1,"field":"messages","value":{"message":{"text":"t"}}}]})";

TEST(ParseWebhookTest, TruncatedAtEveryByte) {
  const std::string whole = kEverything;
  EXPECT_EQ(Parsed(whole).items.size(), 6U);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ExpectOneIssue(whole.substr(0, size));
  }
}

TEST(ParseWebhookTest, RawIsPartOfTheBody) {
  const Parsed parsed(kEverything);
  const std::string_view body = parsed.body.view();
  for (const ParsedItem& item : parsed.items) {
    EXPECT_GE(item.raw.data(), body.data());
    EXPECT_LE(item.raw.data() + item.raw.size(), body.data() + body.size());
  }
}

// ---- One wrong field -------------------------------------------------------

constexpr char kFullItem[] = R"({"sender":{"id":"1000200030004001"},
  "recipient":{"id":"17841400000000001"},"timestamp":1700000000000,
  "is_self":false,"message":{"mid":"m","text":"t","is_echo":false,
  "is_deleted":false,"is_self":false,"is_unsupported":false,
  "attachments":[{"type":"image","payload":{"url":"https://e.x/1"}}],
  "reply_to":{"mid":"m0"}}})";

struct Field {
  // Where it is, as a JSON pointer and as the path that is reported.
  const char* pointer;
  const char* path;
  // Types that are right there: any of "snboa" (string, number, boolean,
  // object, array).
  const char* right;
};

constexpr Field kFields[] = {
    {"/sender", "$.sender", "o"},
    {"/sender/id", "$.sender.id", "sn"},
    {"/recipient", "$.recipient", "o"},
    {"/recipient/id", "$.recipient.id", "sn"},
    {"/timestamp", "$.timestamp", "n"},
    {"/is_self", "$.is_self", "b"},
    {"/message", "$.message", "o"},
    {"/message/mid", "$.message.mid", "s"},
    {"/message/text", "$.message.text", "s"},
    {"/message/is_echo", "$.message.is_echo", "b"},
    {"/message/is_deleted", "$.message.is_deleted", "b"},
    {"/message/is_self", "$.message.is_self", "b"},
    {"/message/is_unsupported", "$.message.is_unsupported", "b"},
    {"/message/attachments", "$.message.attachments", "a"},
    {"/message/attachments/0", "$.message.attachments[0]", "o"},
    {"/message/attachments/0/type", "$.message.attachments[0].type", "s"},
    {"/message/reply_to", "$.message.reply_to", "o"},
    {"/message/reply_to/mid", "$.message.reply_to.mid", "s"},
};

TEST(ParseWebhookTest, WrongTypeAtEveryFieldSparesTheNeighbours) {
  const std::pair<char, const char*> wrong_values[] = {
      {'s', "\"x\""}, {'n', "7"},  {'n', "-7.5"},
      {'b', "true"},  {'o', "{}"}, {'a', "[1,{}]"}};
  const std::string good = TextItem("good");
  for (const Field& field : kFields) {
    for (const auto& [type, text] : wrong_values) {
      if (std::string_view(field.right).find(type) != std::string::npos) {
        continue;
      }
      json::value item = json::parse(kFullItem);
      item.at_pointer(field.pointer) = json::parse(text);
      const Parsed parsed(Messaging({good, json::serialize(item), good}));
      SCOPED_TRACE(json::serialize(item));
      ASSERT_EQ(TypesOf(parsed.items),
                (std::vector<ItemType>{ItemType::kMessage, ItemType::kUnknown,
                                       ItemType::kMessage}));
      EXPECT_EQ(parsed.items[1].json_path, field.path);
      EXPECT_EQ(parsed.items[1].kind, "message");
      EXPECT_FALSE(parsed.items[1].problem.empty());
      EXPECT_TRUE(parsed.items[1].message.mid().empty());
    }
  }
}

TEST(ParseWebhookTest, NullCountsAsAbsent) {
  for (const Field& field : kFields) {
    json::value item = json::parse(kFullItem);
    item.at_pointer(field.pointer) = nullptr;
    const Parsed parsed(Messaging({json::serialize(item)}));
    EXPECT_EQ(parsed.only().json_path.substr(0, 9),
              std::string_view(field.pointer).starts_with("/sender")
                  ? "$.sender."
              : std::string_view(field.pointer) == "/message/attachments/0"
                  ? "$.message"
                  : "")
        << field.pointer;
  }
}

TEST(ParseWebhookTest, WhatCannotBeReadOfAMessageStillOpensTheWindow) {
  const Parsed parsed(
      Messaging({Inbound(R"("message":{"mid":"m","attachments":[7]})")}));
  EXPECT_EQ(TypeOf(parsed.only()), ItemType::kUnknown);
  EXPECT_TRUE(parsed.only().opens_window);
  EXPECT_EQ(parsed.only().user_id, kCustomer);
}

TEST(ParseWebhookTest, BadItemAtEachPlaceOfMany) {
  constexpr std::size_t kItems = 12;
  for (const char* bad :
       {"7", "null", "\"text\"", "[]", "{}", "[{}]", "{\"message\":[]}",
        R"({"timestamp":"soon"})", R"({"message":{"mid":1e400}})",
        R"({"message":{"text":"\ud800"}})"}) {
    for (std::size_t place = 0; place < kItems; ++place) {
      std::vector<std::string> items(kItems, TextItem("good"));
      items[place] = bad;
      const Parsed parsed(Messaging(items));
      ASSERT_EQ(parsed.items.size(), kItems) << bad;
      for (std::size_t i = 0; i < kItems; ++i) {
        EXPECT_EQ(TypeOf(parsed.items[i]),
                  i == place ? ItemType::kUnknown : ItemType::kMessage)
            << bad << " at " << place;
      }
      EXPECT_EQ(parsed.items[place].raw, bad);
    }
  }
}

// ---- Identity --------------------------------------------------------------

std::string HashOf(const std::string& item) {
  return Parsed(Messaging({item})).only().content_hash;
}

TEST(ParseWebhookTest, ContentHashIgnoresOrderAndBlanks) {
  EXPECT_EQ(HashOf(R"({"other":{"mid":"m","x":1},"timestamp":5})"),
            HashOf(R"({ "timestamp" : 5, "other": {"x":1, "mid":"\u006d"} })"));
}

TEST(ParseWebhookTest, ContentHashTellsDifferentItemsApart) {
  const char* items[] = {R"({"other":{"mid":"m"}})",
                         R"({"other":{"mid":"n"}})",
                         R"({"other":{"mid":["m"]}})",
                         R"({"other":{"mid":{"m":1}}})",
                         R"({"other":{"mid":null}})",
                         R"({"other":{"mid":1}})",
                         R"({"other":{"mid":true}})",
                         R"({"other":{"mid":"1"}})",
                         R"({"other":{"mid":"true"}})",
                         R"({"other":[]})",
                         R"({"other":{}})",
                         R"({"other":{"mid":[1,2]}})",
                         R"({"other":{"mid":[[1],2]}})",
                         R"({"other":{"mid":[12]}})",
                         R"({"other":{"mid":"a","b":"c"}})",
                         R"({"other":{"mid":"a,1:b\"c\""}})",
                         R"([])",
                         R"(7)",
                         R"("7")",
                         R"(null)"};
  std::set<std::string> hashes;
  for (const char* item : items) hashes.insert(HashOf(item));
  EXPECT_EQ(hashes.size(), std::size(items));
}

// A redelivery may use another form of the envelope.
TEST(ParseWebhookTest, IdentityDoesNotDependOnTheForm) {
  const std::string item = Inbound(R"("postback":{"title":"t","payload":"p"})");
  const std::string field_value =
      R"("field":"messaging_postbacks","value":)" + item;
  const std::vector<std::string> bodies = {
      Messaging({item}), Envelope({Entry("\"standby\":[" + item + "]")}),
      Envelope({Entry("\"changes\":[{" + field_value + "}]")}),
      Envelope({Entry(field_value)})};
  const Parsed first(bodies[0]);
  EXPECT_EQ(first.only().kind, "postback");
  for (const std::string& body : bodies) {
    const Parsed parsed(body);
    ASSERT_EQ(parsed.items.size(), 1U) << body;
    EXPECT_EQ(parsed.only().kind, first.only().kind) << body;
    EXPECT_EQ(parsed.only().content_hash, first.only().content_hash) << body;
    EXPECT_EQ(parsed.only().event_ms, first.only().event_ms) << body;
    EXPECT_TRUE(parsed.only().opens_window) << body;
  }
}

// ---- Changes ---------------------------------------------------------------

// Its id is the account's.
TEST(ParseWebhookTest, EntryWithAFieldButNoValueIsNoComment) {
  const Parsed parsed(Envelope({Entry(R"("field":"comments")")}));
  EXPECT_EQ(TypeOf(parsed.only()), ItemType::kUnknown);
  EXPECT_EQ(parsed.only().kind, "comments");
}

// It is not in the item's own text, and says how to read that again.
TEST(ParseWebhookTest, WhatStandsBesideTheValueIsKept) {
  EXPECT_EQ(Parsed(Change("comments", R"({"id":"9"})")).only().field,
            "comments");
  EXPECT_EQ(Parsed(Change(std::string(100, 'x'), "{}")).only().field,
            std::string(64, 'x'));
  EXPECT_EQ(Parsed(Messaging({TextItem("m")})).only().field, "");
  EXPECT_EQ(Parsed(Envelope({Entry(R"("hop":{"x":1})")})).only().field, "hop");
  EXPECT_EQ(Parsed(Envelope({Entry(R"("field":"comments")")})).only().field, "")
      << "the entry as a whole is no value of the field";
}

TEST(ParseWebhookTest, CommentIsReadOnlyWhereAFieldSaysSo) {
  const std::string comment = R"({"id":"9","text":"t"})";
  EXPECT_EQ(TypeOf(Parsed(Change("comments", comment)).only()),
            ItemType::kComment);
  for (const std::string& body :
       {Change("feed", comment), Change("", comment), Messaging({comment}),
        Envelope({Entry(R"("comments":)" + comment)}),
        Change("messages", R"({"comments":)" + comment + "}")}) {
    EXPECT_EQ(TypeOf(Parsed(body).only()), ItemType::kUnknown) << body;
  }
}

// Only this field of a conversation has a name of another form.
TEST(ParseWebhookTest, FieldOfFeedbackHoldsAMessagingItem) {
  const Parsed parsed(Change("response_feedback",
                             Inbound(R"("response_feedback":{"mid":"m"})")));
  EXPECT_EQ(TypeOf(parsed.only()), ItemType::kFeedback);
  EXPECT_EQ(parsed.only().user_id, kCustomer);
}

TEST(ParseWebhookTest, ChangeHasTheTimeThatItsValueHas) {
  EXPECT_EQ(Parsed(Change("comments", R"({"id":"9"})")).only().event_ms, 0);
  EXPECT_EQ(Parsed(Change("comments", R"({"id":"9","timestamp":1700000000})"))
                .only()
                .event_ms,
            1'700'000'000'000);
  EXPECT_EQ(Parsed(Change("comments", R"({"id":"9","timestamp":"soon"})"))
                .only()
                .json_path,
            "$.timestamp");
}

// Beyond the limit of unknown items, too.
TEST(ParseWebhookTest, CommentIsFoundBehindACrowdOfUnknownItems) {
  std::string changes;
  for (int i = 0; i <= kMaxUnknownItems; ++i) {
    changes += R"({"field":"feed","value":{"id":"1"}},)";
  }
  const Parsed parsed(Envelope(
      {Entry(absl::StrCat("\"changes\":[", changes,
                          R"({"field":"comments","value":{"id":"9"}}])"))}));
  EXPECT_EQ(TypeOf(parsed.items.back()), ItemType::kComment);
}

// ---- Limits ----------------------------------------------------------------

TEST(ParseWebhookTest, LongIdsAreUnknown) {
  const auto type_with_mid = [](std::size_t size) {
    return TypeOf(Parsed(Messaging({TextItem(std::string(size, 'm'))})).only());
  };
  EXPECT_EQ(type_with_mid(1024), ItemType::kMessage);
  EXPECT_EQ(type_with_mid(1025), ItemType::kUnknown);
  const Parsed user(Messaging({R"({"sender":{"id":")" + std::string(129, '1') +
                               R"("},"message":{"mid":"m"}})"}));
  EXPECT_EQ(user.only().json_path, "$.sender.id");
  EXPECT_TRUE(user.only().user_id.empty());
}

TEST(ParseWebhookTest, NothingMakesAnEventTooLargeForAResponse) {
  const std::string large(400'000, 'x');
  for (const std::string& body :
       {Messaging({TextItem("m", large)}), Messaging({TextItem(large)}),
        Messaging({"{\"" + large + "\":1}"}), Messaging({"\"" + large + "\""}),
        Messaging({TextItem("m")}, large),
        Messaging({Inbound(R"("message":{"mid":"m","reply_to":{"mid":")" +
                           large + "\"}}")}),
        Messaging({Inbound("\"message\":{\"mid\":\"m\",\"attachments\":[{"
                           "\"type\":\"fallback\",\"payload\":\"" +
                           large + "\"}]}")}),
        Messaging({Inbound("\"message\":{\"mid\":\"m\",\"attachments\":[{"
                           "\"type\":\"x\",\"payload\":{\"y\":\"" +
                           large + "\"}}]}")}),
        Envelope({Entry("\"" + large + "\":1")}),
        Envelope({Entry(R"("changes":[{"field":")" + large +
                        R"(","value":{}}])")})}) {
    const Parsed parsed(body);
    ASSERT_EQ(parsed.items.size(), 1U);
    const ParsedItem& item = parsed.only();
    EXPECT_LE(item.message.ByteSizeLong() + item.kind.size() +
                  item.problem.size() + item.json_path.size() +
                  item.user_id.size() + item.entry_id.size(),
              260U * 1024);
  }
}

TEST(ParseWebhookTest, LongKindsAreCutBetweenCharacters) {
  std::string kind = "x";
  for (int i = 0; i < 100; ++i) kind += "\u00e4";
  const Parsed parsed(Messaging({"{\"" + kind + "\":1}"}));
  EXPECT_EQ(parsed.only().kind, kind.substr(0, 63));
}

TEST(ParseWebhookTest, TakesOneThousandItems) {
  constexpr int kItems = 1000;
  std::vector<std::string> items;
  items.reserve(kItems);
  for (int i = 0; i < kItems; ++i) {
    items.push_back(TextItem(absl::StrCat("m", i)));
  }
  const Parsed parsed(Messaging(items));
  ASSERT_EQ(parsed.items.size(), 1000U);
  EXPECT_EQ(parsed.items[999].message.mid(), "m999");
}

}  // namespace
}  // namespace linktor::webhook
