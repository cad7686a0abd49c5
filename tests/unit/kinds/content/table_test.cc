// What holds for every kind of content is tested here; kGood needs an entry for
// each case of the oneof.

#include "server/kinds/content/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <set>
#include <string>

#include "tests/support/proto_matchers.h"

namespace linktor::kinds {
namespace {

using ::testing::IsEmpty;
using ::testing::StartsWith;

const google::protobuf::OneofDescriptor& Oneof() {
  return *v1::MessageContent::descriptor()->FindOneofByName("content");
}

// Content of each kind that is within all limits, by the name of its field.
v1::MessageContent Good(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> kGood = {
      {"text", R"(text: "Hello")"},
      {"image", R"(image { url: "https://example.com/a.jpg" })"},
      {"video", R"(video { url: "https://example.com/a.mp4" })"},
      {"audio", R"(audio { url: "https://example.com/a.m4a" })"},
      {"sticker", R"(sticker { id: "like" })"},
      {"template", R"(template { generic { elements {
                        title: "Hat" subtitle: "19 EUR" } } })"},
  };
  const auto found = kGood.find(name);
  EXPECT_NE(found, kGood.end()) << "kGood has no " << name;
  return found == kGood.end() ? v1::MessageContent()
                              : ParseText<v1::MessageContent>(found->second);
}

// Content of a kind in which nothing is set.
v1::MessageContent Empty(const google::protobuf::FieldDescriptor& field) {
  v1::MessageContent content;
  const google::protobuf::Reflection& reflection =
      *v1::MessageContent::GetReflection();
  if (field.message_type() != nullptr) {
    reflection.MutableMessage(&content, &field);
  } else {
    reflection.SetString(&content, &field, "");
  }
  return content;
}

std::vector<FieldViolation> Check(const ContentKind& kind,
                                  const v1::MessageContent& content) {
  Violations found;
  kind.check(content, found);
  return found.Take();
}

TEST(ContentKindsTest, EveryCaseOfTheOneofHasItsRow) {
  ASSERT_EQ(static_cast<int>(kContentKinds.size()), Oneof().field_count());
  for (int i = 0; i < Oneof().field_count(); ++i) {
    const auto& field = *Oneof().field(i);
    const auto content_case =
        static_cast<v1::MessageContent::ContentCase>(field.number());
    const ContentKind* kind = FindContentKind(content_case);
    ASSERT_NE(kind, nullptr) << field.name();
    EXPECT_EQ(kind, kContentKinds.at(i)) << field.name();
    EXPECT_EQ(kind->content_case, content_case) << field.name();
    EXPECT_EQ(kind->name, field.name());
  }
  EXPECT_EQ(FindContentKind(v1::MessageContent::CONTENT_NOT_SET), nullptr);
}

TEST(ContentKindsTest, MetaFetchesMediaForAllButTextsAndStickers) {
  std::set<std::string_view> fetched;
  for (const ContentKind* kind : kContentKinds) {
    if (kind->fetch == Fetch::kMedia) fetched.insert(kind->name);
  }
  EXPECT_THAT(fetched,
              testing::ElementsAre("audio", "image", "template", "video"));
}

TEST(ContentKindsTest, QuickRepliesStandUnderTextsAlone) {
  for (const ContentKind* kind : kContentKinds) {
    EXPECT_EQ(kind->quick_replies == QuickReplies::kAllowed,
              kind->content_case == v1::MessageContent::kText)
        << kind->name;
  }
}

TEST(ContentKindsTest, GoodContentIsWithinTheLimitsAndEmptyContentIsNot) {
  for (int i = 0; i < Oneof().field_count(); ++i) {
    const ContentKind& kind = *kContentKinds.at(i);
    EXPECT_THAT(Check(kind, Good(kind.name)), IsEmpty()) << kind.name;
    const auto found = Check(kind, Empty(*Oneof().field(i)));
    ASSERT_FALSE(found.empty()) << kind.name;
    EXPECT_THAT(found[0].field,
                StartsWith("content." + Oneof().field(i)->name()));
  }
}

TEST(ContentKindsTest, AGraphMessageIsATextOrAnAttachment) {
  for (const ContentKind* kind : kContentKinds) {
    const auto message = kind->graph_message(Good(kind->name));
    ASSERT_EQ(message.size(), 1U) << kind->name;
    EXPECT_EQ(message.contains("text"), kind->echo.text != nullptr);
    EXPECT_EQ(message.contains("attachment"), kind->echo.text == nullptr);
  }
}

TEST(ContentKindsTest, NoTwoKindsAreSettledByOneEcho) {
  std::set<std::string_view> types;
  for (const ContentKind* kind : kContentKinds) {
    for (const std::string_view type :
         {kind->echo.type, kind->echo.other_type}) {
      if (!type.empty()) {
        EXPECT_TRUE(types.insert(type).second) << type;
      }
    }
  }
}

TEST(ContentKindsTest, AMessageShowsWhatItsEchoWillShow) {
  for (const ContentKind* kind : kContentKinds) {
    const v1::MessageContent content = Good(kind->name);
    v1::Message message;
    const bool all = kind->show(content, message);
    if (kind->echo.text != nullptr) {
      EXPECT_TRUE(all) << kind->name;
      EXPECT_EQ(message.text(), kind->echo.text(content)) << kind->name;
      continue;
    }
    EXPECT_FALSE(all) << kind->name;
    ASSERT_EQ(message.attachments_size(), 1) << kind->name;
    EXPECT_EQ(message.attachments(0).type(), kind->echo.type) << kind->name;
  }
}

TEST(ContentKindsTest, EmptyContentHasASummary) {
  for (int i = 0; i < Oneof().field_count(); ++i) {
    const ContentKind& kind = *kContentKinds.at(i);
    const ContentSummary summary = kind.summarise(Empty(*Oneof().field(i)));
    EXPECT_TRUE(!summary.words.empty() || summary.title.has_value())
        << kind.name;
  }
}

}  // namespace
}  // namespace linktor::kinds
