// Pairs tests/golden/webhooks/x.json and x.textproto: bodies as Instagram
// sends them, and what the parser makes of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "linktor/instagram/v1/attachment.pb.h"
#include "server/kinds/table.h"
#include "server/webhook/parser.h"
#include "tests/support/golden.h"
#include "tests/support/padded_body.h"
#include "tests/support/parse_all.h"
#include "tests/unit/webhook/render.h"

namespace linktor::webhook {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::StartsWith;

std::string GoldenFolder() { return SourceDir() + "/tests/golden/webhooks"; }

TEST(ParserGoldenTest, Pairs) {
  const std::vector<std::string> bodies = ListFiles(GoldenFolder(), ".json");
  EXPECT_GE(bodies.size(), 50U);
  for (const std::string& path : bodies) {
    const PaddedBody body(ReadFile(path));
    ExpectGolden("webhooks/" + std::filesystem::path(path).stem().string() +
                     ".textproto",
                 Render(ParseAll(body.view())));
  }
}

bool IsUnderstoodItem(const ParsedItem& item) {
  return TypeOf(item) != ItemType::kUnknown && TypeOf(item) != ItemType::kIssue;
}

// What is stored of an item is enough to read it again.
TEST(ParserGoldenTest, ItemsAreReadAgainAlike) {
  int understood = 0;
  for (const std::string& path : ListFiles(GoldenFolder(), ".json")) {
    const PaddedBody body(ReadFile(path));
    for (const ParsedItem& item : ParseAll(body.view())) {
      if (item.form == EnvelopeForm::kBody) continue;
      SCOPED_TRACE(path + ": " + std::string(item.raw));
      const PaddedBody text(item.raw);
      std::vector<ParsedItem> again;
      ParseItem({.form = item.form,
                 .field = item.field,
                 .entry_id = item.entry_id,
                 .text = text.view()},
                item.other_id,
                [&again](ParsedItem& one) { again.push_back(one); });
      ASSERT_EQ(again.size(), 1U);
      ASSERT_EQ(IsUnderstoodItem(again[0]), IsUnderstoodItem(item));
      if (!IsUnderstoodItem(item)) continue;
      ++understood;
      EXPECT_EQ(Render(again), Render({item}));
      EXPECT_EQ(again[0].content_hash, item.content_hash);
    }
  }
  EXPECT_GE(understood, 50);
}

TEST(ParserGoldenTest, NoAnswerWithoutItsBody) {
  for (const std::string& path : ListFiles(GoldenFolder(), ".textproto")) {
    const auto body = std::filesystem::path(path).replace_extension(".json");
    EXPECT_TRUE(std::filesystem::exists(body)) << body;
  }
}

TEST(ParserGoldenTest, ReadmeLeadsToPairs) {
  const std::string folder = SourceDir() + "/tests/golden/";
  const std::vector<std::string> parts =
      absl::StrSplit(ReadFile(folder + "README.md"), "](webhooks/");
  ASSERT_GE(parts.size(), 50U);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string name = parts[i].substr(0, parts[i].find(')'));
    EXPECT_TRUE(std::filesystem::exists(folder + "webhooks/" + name)) << name;
  }
}

// Every kind of item, and every kind of attachment, is in some pair.
TEST(ParserGoldenTest, EveryKindHasAPair) {
  std::set<const kinds::Kind*> rows;
  std::set<v1::Attachment::DetailsCase> details;
  for (const std::string& path : ListFiles(GoldenFolder(), ".json")) {
    const PaddedBody body(ReadFile(path));
    for (const ParsedItem& item : ParseAll(body.view())) {
      rows.insert(item.row);
      for (const v1::Attachment& one : item.message.attachments()) {
        details.insert(one.details_case());
      }
    }
  }
  for (const kinds::Kind* row : kinds::kTable) {
    if (row->key.empty() && row->field.empty()) continue;
    EXPECT_TRUE(rows.contains(row)) << row->name;
  }
  const auto* all = v1::Attachment::descriptor()->FindOneofByName("details");
  for (int i = 0; i < all->field_count(); ++i) {
    const auto kind =
        static_cast<v1::Attachment::DetailsCase>(all->field(i)->number());
    EXPECT_TRUE(details.contains(kind)) << all->field(i)->name();
  }
  EXPECT_TRUE(details.contains(v1::Attachment::DETAILS_NOT_SET));
}

// Returns a body as Meta's documents print it, with values in the place of
// those that they leave open.
std::string Filled(const std::string& body) {
  return absl::StrReplaceAll(
      body, {{R"("<TIME>")", "1700000000000"},
             {R"("<NUMBER_OF_TIMES_MESSAGE_IS_EDITED>")", "1"}});
}

// Returns the names of the bodies in a folder which hold entries, each with the
// types of its items, in the order of their names.
std::map<std::string, std::vector<ItemType>> TypesIn(
    const std::string& folder) {
  std::map<std::string, std::vector<ItemType>> found;
  for (const std::string& path : ListFiles(folder, ".json")) {
    const std::string text = ReadFile(path);
    if (!absl::StrContains(text, "\"entry\"")) continue;
    const PaddedBody body(Filled(text));
    std::vector<ItemType>& types =
        found[std::filesystem::path(path).stem().string()];
    for (const ParsedItem& item : ParseAll(body.view())) {
      types.push_back(TypeOf(item));
    }
  }
  return found;
}

// Returns the names of those that have an item of that type.
std::vector<std::string> Having(
    ItemType type, const std::map<std::string, std::vector<ItemType>>& bodies) {
  std::vector<std::string> names;
  for (const auto& [name, types] : bodies) {
    if (std::count(types.begin(), types.end(), type) > 0) names.push_back(name);
  }
  return names;
}

// Bodies that others have published, where they are at hand: each is
// understood, unless its name says that it is no shape of Instagram's.
TEST(ParserGoldenTest, PublishedBodies) {
  const auto bodies = TypesIn(SourceDir() + "/../shared/corpus");
  if (bodies.empty()) GTEST_SKIP() << "no published bodies here";
  EXPECT_GE(bodies.size(), 80U);
  for (const auto& [name, types] : bodies) EXPECT_FALSE(types.empty()) << name;
  EXPECT_THAT(Having(ItemType::kUnknown, bodies),
              ElementsAre("envelope-entry-without-events-01",
                          "messaging-item-unknown-key-01",
                          "messaging-item-without-event-01"));
  for (const std::string& name : Having(ItemType::kIssue, bodies)) {
    EXPECT_THAT(name,
                AnyOf(StartsWith("envelope-"), StartsWith("messenger-shape-")));
  }
}

// Bodies of faults that others have reported, where they are at hand.
TEST(ParserGoldenTest, ReportedBodies) {
  const auto bodies = TypesIn(SourceDir() + "/../shared/cases");
  if (bodies.empty()) GTEST_SKIP() << "no reported bodies here";
  EXPECT_THAT(
      bodies,
      ElementsAre(
          Pair("18-own-message-without-is-echo", ElementsAre(ItemType::kEcho)),
          Pair("19-messenger-on-same-url", ElementsAre(ItemType::kIssue)),
          Pair("20-ad-referral-inside-message",
               ElementsAre(ItemType::kMessage, ItemType::kPostback)),
          Pair("21-share-and-ig-post-twin", ElementsAre(ItemType::kMessage)),
          Pair("25-dashboard-fields-seconds",
               ElementsAre(ItemType::kReaction, ItemType::kMessageRead,
                           ItemType::kPostback)),
          Pair("28-edit-zero-is-all-that-comes",
               ElementsAre(ItemType::kWaits))));
}

}  // namespace
}  // namespace linktor::webhook
