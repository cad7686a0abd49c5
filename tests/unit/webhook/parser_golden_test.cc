// Pairs tests/golden/webhooks/x.json and x.textproto: bodies as Instagram
// sends them, and what the parser makes of them.

#include <gtest/gtest.h>

#include <filesystem>

#include "server/webhook/parser.h"
#include "tests/support/golden.h"
#include "tests/support/padded_body.h"
#include "tests/support/parse_all.h"
#include "tests/unit/webhook/render.h"

namespace linktor::webhook {
namespace {

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

// Bodies that others have published, where they are at hand: none is lost.
TEST(ParserGoldenTest, PublishedBodies) {
  const std::vector<std::string> paths =
      ListFiles(SourceDir() + "/../shared/corpus", ".json");
  if (paths.empty()) GTEST_SKIP() << "no published bodies here";
  for (const std::string& path : paths) {
    const PaddedBody body(ReadFile(path));
    const std::vector<ParsedItem> items = ParseAll(body.view());
    EXPECT_GE(items.size(), 1U) << path;
    for (const ParsedItem& item : items) {
      const std::string text = ReadFile(path);
      const bool entries = text.find("\"entry\"") != std::string::npos &&
                           text.find("\"page\"") == std::string::npos;
      EXPECT_TRUE(TypeOf(item) != ItemType::kIssue || !entries ||
                  path.find("envelope-") != std::string::npos)
          << path << "\n"
          << Render({item});
    }
  }
}

}  // namespace
}  // namespace linktor::webhook
