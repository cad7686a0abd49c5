#include "server/kinds/item_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>

#include "server/kinds/identity.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

using ::testing::Not;

constexpr char kAccount[] = "17841400000000001";
constexpr char kPage[] = "100200300400500";

// The JSON of an item, which must outlive what was read of it.
class Json {
 public:
  explicit Json(const std::string& text)
      : text_(text), root_(parser_.parse(text_)) {}

  const simdjson::dom::element& root() const { return root_; }
  simdjson::dom::object object() const { return root_.get_object(); }

 private:
  simdjson::padded_string text_;
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

ParsedItem NewItem() {
  ParsedItem item;
  item.entry_id = kAccount;
  item.other_id = kPage;
  return item;
}

ParsedItem ReadItem(const std::string& text) {
  const Json json(text);
  ParsedItem item = NewItem();
  ItemReader reader;
  EXPECT_FALSE(reader.Read(json.object(), item).has_value()) << text;
  return item;
}

ParsedItem ReadChange(std::string_view field, const std::string& text) {
  const Json json(text);
  ParsedItem item = NewItem();
  EXPECT_FALSE(ItemReader::ReadChange(*FindField(field), json.object(), item)
                   .has_value())
      << text;
  return item;
}

TEST(ItemReaderTest, SaysWhoReadAMessage) {
  for (const auto& [parties, direction] :
       std::initializer_list<std::pair<const char*, v1::MessageDirection>>{
           {R"("sender":{"id":"61"},"recipient":{"id":"17841400000000001"},)",
            v1::MESSAGE_DIRECTION_INBOUND},
           {R"("sender":{"id":"17841400000000001"},"recipient":{"id":"61"},)",
            v1::MESSAGE_DIRECTION_OUTBOUND},
           {R"("sender":{"id":"100200300400500"},"recipient":{"id":"61"},)",
            v1::MESSAGE_DIRECTION_OUTBOUND},
           {"", v1::MESSAGE_DIRECTION_UNSPECIFIED}}) {
    const ParsedItem item =
        ReadItem(std::string("{") + parties + R"("read":{"mid":"m"}})");
    EXPECT_EQ(item.row, &kMessageRead);
    EXPECT_EQ(item.payload.message_read().direction(), direction) << parties;
    EXPECT_FALSE(item.opens_window);
  }
}

TEST(ItemReaderTest, EditZeroWaitsForItsMessage) {
  for (const char* number : {"0", R"("0")", R"("00")"}) {
    const ParsedItem item =
        ReadItem(std::string(R"({"message_edit":{"mid":"m","num_edit":)") +
                 number + "}}");
    EXPECT_EQ(item.fate, Fate::kWaits) << number;
    EXPECT_EQ(MidOf(item), "m");
  }
  EXPECT_EQ(ReadItem(R"({"message_edit":{"mid":"m","num_edit":1}})").fate,
            Fate::kEvent);
}

TEST(ItemReaderTest, EachKeyOfAHandoverIsAnAction) {
  for (const auto& [key, action] :
       std::initializer_list<std::pair<const char*, v1::HandoverAction>>{
           {"pass_thread_control", v1::HANDOVER_ACTION_PASS},
           {"take_thread_control", v1::HANDOVER_ACTION_TAKE},
           {"request_thread_control", v1::HANDOVER_ACTION_REQUEST},
           {"pass_thread_metadata", v1::HANDOVER_ACTION_METADATA},
           {"app_roles", v1::HANDOVER_ACTION_APP_ROLES}}) {
    const ParsedItem item =
        ReadItem(std::string(R"({"sender":{"id":"61"},")") + key + R"(":{}})");
    EXPECT_EQ(item.row->payload, v1::Event::kHandover);
    EXPECT_EQ(item.kind, key);
    EXPECT_EQ(item.payload.handover().action(), action);
  }
}

TEST(ItemReaderTest, TooManyRolesDoNotFit) {
  std::string roles = "0";
  for (int i = 0; i < 1000; ++i) roles += ",0";
  const Json json(R"({"app_roles":{"1":[)" + roles + "]}}");
  ParsedItem item = NewItem();
  ItemReader reader;
  const Result bad = reader.Read(json.object(), item);
  ASSERT_TRUE(bad.has_value());
  EXPECT_EQ(bad->path, "$.app_roles.1");
  EXPECT_EQ(bad->problem, "has too many elements");
}

TEST(ItemReaderTest, CommentOfTheAccountIsOutbound) {
  for (const char* from :
       {R"({"id":"17841400000000001"})", R"({"id":"100200300400500"})",
        R"({"id":"17841400000000001","self_ig_scoped_id":"1"})",
        R"({"self_ig_scoped_id":"1"})"}) {
    const ParsedItem item = ReadChange(
        "comments", std::string(R"({"id":"9","from":)") + from + "}");
    EXPECT_EQ(item.payload.comment().direction(),
              v1::MESSAGE_DIRECTION_OUTBOUND)
        << from;
    EXPECT_EQ(item.user_id, "") << from;
    EXPECT_TRUE(item.by_account) << from;
  }
}

// Its identity is the id, and no more.
TEST(ItemReaderTest, CommentIsIdentifiedByItsId) {
  const auto identity = [](const std::string& text) {
    ParsedItem item = ReadChange("comments", text);
    Identify(nullptr, item);
    return item.content_hash;
  };
  const std::string first = identity(R"({"id":"9","text":"one"})");
  EXPECT_EQ(first.size(), 32U);
  EXPECT_EQ(identity(R"({"comment_id":9,"from":{"id":"61"}})"), first);
  EXPECT_THAT(identity(R"({"id":"8","text":"one"})"), Not(first));
}

TEST(ItemReaderTest, LiveCommentsAreLive) {
  EXPECT_FALSE(
      ReadChange("comments", R"({"id":"9"})").payload.comment().live());
  EXPECT_TRUE(ReadChange("live_comments", R"({"id":"9"})")
                  .payload.live_comment()
                  .live());
}

TEST(ItemReaderTest, TooLargeACommentDoesNotFit) {
  const std::string text(300'000, 'x');
  const std::string raw = R"({"id":"9","text":")" + text + "\"}";
  const Json json(raw);
  ParsedItem item = NewItem();
  item.raw = raw;
  const Result bad = ItemReader::ReadChange(kComment, json.object(), item);
  ASSERT_TRUE(bad.has_value());
  EXPECT_EQ(bad->path, "$");
}

TEST(ItemReaderTest, MayBeKnownGoesByKeysAndFields) {
  struct Case {
    const char* field;
    const char* item;
    bool may;
  };
  for (const Case& one :
       std::initializer_list<Case>{{"", R"({"read":{}})", true},
                                   {"", R"({"app_roles":7})", true},
                                   {"", R"({"delivery":{}})", false},
                                   {"", R"({"id":"9"})", false},
                                   {"comments", R"({"id":"9"})", true},
                                   {"story_insights", "{}", true},
                                   {"comments", "[]", false},
                                   {"feed", R"({"id":"9"})", false}}) {
    const Json json(one.item);
    EXPECT_EQ(ItemReader::MayBeKnown(one.field, json.root()), one.may)
        << one.field << " " << one.item;
  }
}

TEST(ItemReaderTest, NameOfTakesTheMemberThatTellsMost) {
  struct Case {
    const char* item;
    const char* name;
  };
  for (const Case& one : std::initializer_list<Case>{
           {R"({"message_edit":{},"read":{}})", "read"},
           {R"({"message":{},"message_edit":{}})", "message_edit"},
           {R"({"message_edit":{},"delivery":{}})", "delivery"},
           {R"({"policy-enforcement":{},"x":{}})", "policy-enforcement"},
           {R"({"x":{}})", "x"}}) {
    const Json json(one.item);
    EXPECT_EQ(ItemReader::NameOf(json.object()), one.name) << one.item;
  }
}

}  // namespace
}  // namespace linktor::kinds
