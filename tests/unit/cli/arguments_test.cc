#include "client/cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "client/cli/card.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "linktor/instagram/v1/event_service.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "tests/support/proto_matchers.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/cli/helpers.h"

namespace linktor::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

std::string Written(const TempFolder& folder, const std::string& text) {
  std::string path = folder.path() + "/file";
  std::ofstream(path) << text;
  return path;
}

TEST(ParsePairTest, PartsAtTheFirstEqualsSign) {
  const auto pair = ParsePair("Blue=COLOUR=BLUE");
  ASSERT_THAT(pair, IsOk());
  EXPECT_THAT(*pair, Pair("Blue", "COLOUR=BLUE"));
}

TEST(ParsePairTest, NeitherPartMayBeEmpty) {
  for (const char* text : {"", "Blue", "=", "Blue=", "=BLUE"}) {
    EXPECT_THAT(SentenceOf(ParsePair(text).status()),
                HasSubstr("is not of the form 'Title=PAYLOAD'"))
        << text;
  }
}

TEST(ParsePairTest, IceBreakerAsksForAQuestion) {
  EXPECT_THAT(SentenceOf(ParseIceBreaker("Open?").status()),
              HasSubstr("'Question=PAYLOAD'"));
}

TEST(ParseButtonTest, UrlOpensAndAnythingElseComesBack) {
  EXPECT_THAT(*ParseButton("Buy=https://e.x/?a=b"),
              EqualsProto(R"pb(title: "Buy" url: "https://e.x/?a=b")pb"));
  EXPECT_THAT(*ParseButton("Buy=http://e.x"),
              EqualsProto(R"pb(title: "Buy" url: "http://e.x")pb"));
  EXPECT_THAT(*ParseButton("Ask=https"),
              EqualsProto(R"pb(title: "Ask" payload: "https")pb"));
}

TEST(ReadFileTest, NamesWhatCannotBeRead) {
  const TempFolder folder;
  EXPECT_THAT(SentenceOf(ReadFile(folder.path() + "/none").status()),
              HasSubstr("/none: No such file or directory"));
  EXPECT_THAT(SentenceOf(ReadFile(folder.path()).status()),
              HasSubstr("Is a directory"));
}

TEST(ReadFileTest, MoreThanAMegabyteIsRefused) {
  const TempFolder folder;
  const std::string path = Written(folder, std::string(1'000'001, 'x'));
  EXPECT_THAT(SentenceOf(ReadFile(path).status()),
              HasSubstr("larger than 1 MB"));
}

TEST(ParseJsonTest, UnknownFieldIsAnErrorThatNamesIt) {
  v1::MessageContent content;
  const absl::Status status = ParseJson("x.json", R"({"txt":"Hi"})", content);
  EXPECT_THAT(SentenceOf(status),
              HasSubstr("x.json is not a MessageContent as JSON: "));
  EXPECT_THAT(SentenceOf(status), HasSubstr("txt"));
}

TEST(ParseJsonTest, BrokenJsonIsToldOnOneLine) {
  v1::MessageContent content;
  const absl::Status status =
      ParseJson("x.json", "{\"text\":\n\"Hi\"", content);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(SentenceOf(status), Not(HasSubstr("\n")));
}

TEST(ParseTemplateTest, TakesATemplateOrItsCards) {
  const auto cards = ParseTemplate("x", R"({"elements":[{"title":"A"}]})");
  const auto whole =
      ParseTemplate("x", R"({"generic":{"elements":[{"title":"A"}]}})");
  ASSERT_THAT(cards, IsOk());
  ASSERT_THAT(whole, IsOk());
  EXPECT_THAT(*cards,
              EqualsProto(R"pb(generic { elements { title: "A" } })pb"));
  EXPECT_THAT(*whole, EqualsProto(*cards));
}

TEST(ParseTemplateTest, AnythingElseIsAnError) {
  EXPECT_FALSE(ParseTemplate("x", R"({"cards":[]})").ok());
}

// ---- Secrets ---------------------------------------------------------------

TEST(CheckTextsTest, NamesTheFirstThatIsNotUtf8) {
  v1::SendMessageRequest request;
  request.set_channel_id("ch_shop");
  request.mutable_content()->set_text("café ☕ 😀");
  EXPECT_THAT(CheckTexts(request), IsOk());
  request.mutable_content()->set_text("caf\xe9");
  EXPECT_EQ(SentenceOf(CheckTexts(request)),
            "what is given for content.text is not UTF-8");
  request.set_channel_id("\xc0\xaf");  // overlong
  EXPECT_EQ(SentenceOf(CheckTexts(request)),
            "what is given for channel_id is not UTF-8");
}

TEST(CheckTextsTest, LooksIntoLists) {
  v1::SubscribeEventsRequest events;
  events.add_user_ids("1");
  events.add_user_ids("\xed\xa0\x80");  // half a surrogate
  EXPECT_THAT(SentenceOf(CheckTexts(events)), HasSubstr("user_ids"));
  v1::SetIceBreakersRequest ice_breakers;
  ice_breakers.add_ice_breakers()->set_question("What?");
  EXPECT_THAT(CheckTexts(ice_breakers), IsOk());
  ice_breakers.add_ice_breakers()->set_payload("\xf4\x90\x80\x80");
  EXPECT_THAT(SentenceOf(CheckTexts(ice_breakers)),
              HasSubstr("ice_breakers.payload"));
}

constexpr char kVariable[] = "LINKTOR_TEST_SECRET";

class ReadSecretTest : public ::testing::Test {
 protected:
  void TearDown() override { unsetenv(kVariable); }
  TempFolder folder_;
};

TEST_F(ReadSecretTest, FileWithoutItsLineEnd) {
  EXPECT_EQ(*ReadSecret(Written(folder_, "token \r\n"), kVariable), "token");
}

TEST_F(ReadSecretTest, FileWinsOverTheVariable) {
  setenv(kVariable, "variable", 1);
  EXPECT_EQ(*ReadSecret(Written(folder_, "file"), kVariable), "file");
  EXPECT_EQ(*ReadSecret("", kVariable), "variable");
}

TEST_F(ReadSecretTest, NeitherIsNoSecret) {
  EXPECT_EQ(*ReadSecret("", kVariable), "");
}

TEST_F(ReadSecretTest, EmptyIsAnError) {
  setenv(kVariable, " ", 1);
  EXPECT_THAT(SentenceOf(ReadSecret("", kVariable).status()),
              HasSubstr("the secret in LINKTOR_TEST_SECRET is empty"));
  EXPECT_FALSE(ReadSecret(Written(folder_, "\n"), kVariable).ok());
}

// Such a text is from the wrong file, or the file has a second line.
TEST_F(ReadSecretTest, MoreThanOneWordIsAnError) {
  for (const char* text : {"tok en", "token\nsecret", "tok\xc3\xa9n"}) {
    const absl::Status status =
        ReadSecret(Written(folder_, text), kVariable).status();
    EXPECT_THAT(SentenceOf(status), HasSubstr("is not one word"));
    EXPECT_THAT(SentenceOf(status), Not(HasSubstr("tok")));
  }
}

// ---- Cards -----------------------------------------------------------------

TEST(BuildTemplateTest, CardInWordsComesBeforeTheElements) {
  const auto built = BuildTemplate({.title = "Blue",
                                    .subtitle = "19 EUR",
                                    .image_url = "https://e.x/a.jpg",
                                    .default_url = "https://e.x",
                                    .buttons = {"Ask=ASK"},
                                    .elements = {R"({"title":"Green"})"}});
  ASSERT_THAT(built, IsOk());
  EXPECT_THAT(*built, EqualsProto(R"pb(
    generic {
      elements {
        title: "Blue"
        subtitle: "19 EUR"
        image_url: "https://e.x/a.jpg"
        default_url: "https://e.x"
        buttons { title: "Ask" payload: "ASK" }
      }
      elements { title: "Green" }
    })pb"));
}

TEST(BuildTemplateTest, SaysWhatIsMissing) {
  EXPECT_THAT(SentenceOf(BuildTemplate({}).status()), HasSubstr("no card"));
  EXPECT_THAT(SentenceOf(BuildTemplate({.subtitle = "x"}).status()),
              HasSubstr("needs a --title"));
  EXPECT_THAT(
      SentenceOf(BuildTemplate({.title = "x", .buttons = {"Ask"}}).status()),
      HasSubstr("'Ask'"));
}

TEST(BuildTemplateTest, NothingBesideAFile) {
  EXPECT_THAT(
      SentenceOf(BuildTemplate({.title = "x", .file = "cards.json"}).status()),
      HasSubstr("--file is the whole template"));
  EXPECT_FALSE(BuildTemplate({.elements = {"{}"}, .file = "cards.json"}).ok());
}

}  // namespace
}  // namespace linktor::cli
