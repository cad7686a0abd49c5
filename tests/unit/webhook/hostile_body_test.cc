// Bodies with more in them than any of Instagram's: everything is accounted
// for, at a bounded cost.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/golden.h"
#include "tests/unit/webhook/bodies.h"
#include "tests/unit/webhook/render.h"

namespace linktor::webhook {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// simdjson does not read a body with such a number in it: its items are then
// read one by one.
constexpr char kUnreadable[] = "1e999";

std::vector<std::string> Times(std::size_t count, const std::string& item) {
  return std::vector<std::string>(count, item);
}

std::int64_t CountOf(const Parsed& parsed) {
  std::int64_t count = 0;
  for (const ParsedItem& item : parsed.items) count += item.count;
  return count;
}

class ManyUnknownItemsTest : public testing::TestWithParam<const char*> {
 protected:
  // The body is read as a whole, or not.
  static std::string With(const std::vector<std::string>& items) {
    return "{\"x\":" + std::string(GetParam()) + "," +
           Messaging(items).substr(1);
  }
};

TEST_P(ManyUnknownItemsTest, BeyondTheLimitTheyAreOneIssue) {
  for (const char* unknown :
       {"{}", "[]", "7", "null", "{\"typing\":1}", "{\"message\":7}",
        R"({"message":{"text":[]}})", R"({"message":{"is_echo":""}})",
        R"({"reaction":{"a":[{},{}]}})"}) {
    std::vector<std::string> items = Times(kMaxUnknownItems, unknown);
    items.insert(items.end(), {unknown, unknown, unknown, TextItem("m"),
                               TextItem("n"), unknown, unknown});
    const Parsed parsed(With(items));
    ASSERT_EQ(parsed.items.size(), kMaxUnknownItems + 4U) << unknown;
    EXPECT_EQ(CountOf(parsed), static_cast<std::int64_t>(items.size()));
    for (int i = 0; i < kMaxUnknownItems; ++i) {
      ASSERT_EQ(TypeOf(parsed.items[i]), ItemType::kUnknown) << unknown;
      ASSERT_EQ(parsed.items[i].raw, unknown);
    }
    const ParsedItem* rest = &parsed.items[kMaxUnknownItems];
    EXPECT_EQ(TypeOf(rest[0]), ItemType::kIssue);
    EXPECT_EQ(rest[0].count, 3);
    EXPECT_EQ(rest[0].raw, absl::StrCat(unknown, ",", unknown, ",", unknown));
    EXPECT_THAT(rest[0].problem, StartsWith("3 more that are not understood"));
    for (int known : {1, 2}) {
      const std::string mid = known == 1 ? "m" : "n";
      EXPECT_EQ(TypeOf(rest[known]), ItemType::kMessage) << unknown;
      EXPECT_EQ(rest[known].raw, TextItem(mid));
      EXPECT_EQ(rest[known].message.mid(), mid);
      EXPECT_FALSE(rest[known].user_id.empty());
      EXPECT_TRUE(rest[known].opens_window);
    }
    EXPECT_EQ(rest[3].count, 2);
    EXPECT_EQ(rest[3].raw, absl::StrCat(unknown, ",", unknown));
  }
}

TEST_P(ManyUnknownItemsTest, ThoseOfSeveralEntriesAreOneText) {
  std::vector<std::string> entries(kMaxUnknownItems,
                                   Entry("\"messaging\":[{}]"));
  entries.insert(entries.end(), {Entry("\"messaging\":[{}]"), "7", "[]",
                                 Entry("\"messaging\":[{},{}]")});
  const Parsed parsed("{\"x\":" + std::string(GetParam()) + "," +
                      Envelope(entries).substr(1));
  ASSERT_EQ(parsed.items.size(), kMaxUnknownItems + 1U);
  const ParsedItem& rest = parsed.items.back();
  EXPECT_EQ(rest.count, 5);
  EXPECT_THAT(std::string(rest.raw), StartsWith("{}]},7,[],{"));
  EXPECT_THAT(std::string(rest.raw), HasSubstr("[{},{}"));
}

// What the item had that ended them is its own.
TEST_P(ManyUnknownItemsTest, KnownOnesKeepTheirContent) {
  const std::string image = Inbound(
      R"("message":{"mid":"m","attachments":[{"type":"image","payload":)"
      R"({"url":"https://example.com/a"}}]})");
  std::vector<std::string> items = Times(kMaxUnknownItems + 1, "7");
  items.insert(items.end(), {image, TextItem("n"), "7", TextItem("o")});
  const Parsed parsed(With(items));
  ASSERT_EQ(parsed.items.size(), kMaxUnknownItems + 5U);
  const ParsedItem* rest = &parsed.items[kMaxUnknownItems];
  EXPECT_EQ(TypeOf(rest[1]), ItemType::kMessage);
  EXPECT_EQ(rest[1].message.attachments_size(), 1);
  EXPECT_EQ(rest[2].message.attachments_size(), 0);
  EXPECT_EQ(rest[2].message.mid(), "n");
  EXPECT_EQ(rest[4].message.mid(), "o");
}

// An entry's flat value is its last item, wherever it stands.
TEST_P(ManyUnknownItemsTest, FlatValuesStandAnywhere) {
  std::vector<std::string> entries(kMaxUnknownItems, "7");
  entries.emplace_back(R"({"value":7,"messaging":[{},[]]})");
  entries.push_back(R"({"field":"messages","value":)" + TextItem("m") +
                    R"(,"messaging":[8]})");
  entries.emplace_back(R"({"value":9})");
  const Parsed parsed("{\"x\":" + std::string(GetParam()) + "," +
                      Envelope(entries).substr(1));
  ASSERT_EQ(parsed.items.size(), kMaxUnknownItems + 3U);
  EXPECT_EQ(CountOf(parsed), kMaxUnknownItems + 6);
  const ParsedItem* rest = &parsed.items[kMaxUnknownItems];
  EXPECT_EQ(rest[0].count, 4);
  EXPECT_THAT(std::string(rest[0].raw),
              StartsWith(R"(7,"messaging":[{},[]]})"));
  EXPECT_THAT(std::string(rest[0].raw), EndsWith("8"));
  EXPECT_EQ(TypeOf(rest[1]), ItemType::kMessage);
  EXPECT_EQ(rest[1].message.mid(), "m");
  EXPECT_EQ(rest[2].raw, "9");
}

TEST_P(ManyUnknownItemsTest, EntriesThatAreNoObjectsCountAsWell) {
  const Parsed parsed("{\"x\":" + std::string(GetParam()) + "," +
                      Envelope(Times(5000, "1")).substr(1));
  ASSERT_EQ(parsed.items.size(), kMaxUnknownItems + 1U);
  EXPECT_EQ(CountOf(parsed), 5000);
}

std::string NameOf(const testing::TestParamInfo<const char*>& body) {
  return body.param == std::string_view(kUnreadable) ? "InParts" : "Whole";
}

INSTANTIATE_TEST_SUITE_P(Body, ManyUnknownItemsTest,
                         testing::Values("1", kUnreadable), NameOf);

// Beyond the limit a look decides whether an item is read at all.
TEST(HostileBodyTest, CrowdChangesNothingThatIsUnderstood) {
  const auto understood = [](const std::string& body) {
    std::vector<std::string> raw;
    for (const ParsedItem& item : Parsed(body).items) {
      if (TypeOf(item) != ItemType::kUnknown &&
          TypeOf(item) != ItemType::kIssue) {
        raw.emplace_back(item.raw);
      }
    }
    return raw;
  };
  std::string crowd;
  for (int i = 0; i < kMaxUnknownItems; ++i) crowd += "7,";
  int compared = 0;
  for (const std::string& path :
       ListFiles(SourceDir() + "/tests/golden/webhooks", ".json")) {
    const std::string text = ReadFile(path);
    std::string crowded = text;
    const std::size_t at = crowded.find('[', crowded.find("\"entry\""));
    if (at == std::string::npos) continue;
    crowded.insert(at + 1, crowd);
    const std::vector<std::string> expected = understood(text);
    EXPECT_EQ(understood(crowded), expected) << path;
    if (!expected.empty()) ++compared;
  }
  EXPECT_GE(compared, 20);
}

// A fault anywhere makes the parser go through the body another way: what it
// finds must be the same.
TEST(HostileBodyTest, InPartsAsWhole) {
  int compared = 0;
  for (const std::string& path :
       ListFiles(SourceDir() + "/tests/golden/webhooks", ".json")) {
    const std::string text = ReadFile(path);
    if (!text.starts_with("{\"") && !text.starts_with("{\n")) continue;
    const Parsed whole("{\"x\":1," + text.substr(1));
    const Parsed parts("{\"x\":" + std::string(kUnreadable) + "," +
                       text.substr(1));
    ASSERT_EQ(whole.items.size(), parts.items.size()) << path;
    // The whole body is an issue's text, and not the same.
    if (whole.only().form == EnvelopeForm::kBody) continue;
    for (std::size_t i = 0; i < whole.items.size(); ++i) {
      EXPECT_EQ(whole.items[i].raw, parts.items[i].raw) << path;
      EXPECT_EQ(whole.items[i].content_hash, parts.items[i].content_hash);
    }
    EXPECT_EQ(Render(whole.items), Render(parts.items)) << path;
    ++compared;
  }
  EXPECT_GE(compared, 50);
}

TEST(HostileBodyTest, DepthIsTheItemsOwn) {
  for (const std::size_t depth : {10UL, 29UL, 30UL, 31UL, 32UL, 33UL, 34UL}) {
    // The item and its message are two more.
    const std::string item = Inbound(R"("message":{"mid":"m","text":"t","x":)" +
                                     std::string(depth - 2, '[') +
                                     std::string(depth - 2, ']') + "}");
    const Parsed in_list(Messaging({item, TextItem("n")}));
    const Parsed in_change(Envelope({Entry(absl::StrCat(
        R"("changes":[{"field":"messages","value":)", item, "}]"))}));
    const auto wanted = depth <= 32 ? ItemType::kMessage : ItemType::kUnknown;
    EXPECT_EQ(TypeOf(in_list.items[0]), wanted) << depth;
    EXPECT_EQ(TypeOf(in_list.items[1]), ItemType::kMessage) << depth;
    EXPECT_EQ(TypeOf(in_change.only()), wanted) << depth;
  }
}

TEST(HostileBodyTest, WideObjectsAndManyAttachmentsAreUnknown) {
  std::string wide = R"("mid":"m")";
  for (int i = 0; i < 1000; ++i) wide += R"(,"text":"t")";
  const Parsed message(Messaging({Inbound("\"message\":{" + wide + "}")}));
  EXPECT_EQ(message.only().json_path, "$.message");
  const Parsed item(Messaging({"{" + wide + "}"}));
  EXPECT_EQ(item.only().json_path, "$");
  const std::vector<std::string> many = Times(1001, R"({"type":"image"})");
  const auto with = [](const std::vector<std::string>& attachments) {
    return Messaging({Inbound(R"("message":{"mid":"m","attachments":[)" +
                              absl::StrJoin(attachments, ",") + "]}")});
  };
  EXPECT_EQ(Parsed(with(many)).only().json_path, "$.message.attachments");
  EXPECT_EQ(TypeOf(Parsed(with(Times(1000, many[0]))).only()),
            ItemType::kMessage);
}

// Its content is not hashed, its mid is known; without one it is hashed.
TEST(HostileBodyTest, TooLargeMessagesHaveAnIdentity) {
  const auto hash = [](const std::string& mid, std::size_t size, char fill) {
    return Parsed(Messaging({TextItem(mid, std::string(size, fill))}))
        .only()
        .content_hash;
  };
  const std::string one = hash("m", 300'000, 'x');
  EXPECT_EQ(one.size(), 32U);
  EXPECT_EQ(hash("m", 300'000, 'x'), one);
  EXPECT_NE(hash("n", 300'000, 'x'), one);
  EXPECT_NE(hash("m", 300'001, 'x'), one);
  EXPECT_NE(hash("", 300'000, 'x'), hash("", 300'000, 'y'));
}

}  // namespace
}  // namespace linktor::webhook
