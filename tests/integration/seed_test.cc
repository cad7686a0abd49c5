// docs/seed.md, word for word: each request block is accepted and reaches
// Instagram as the graph block below it says; each webhook block arrives as the
// event block says.

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/gateway.h"
#include "tests/support/golden.h"

namespace linktor::testing {
namespace {

namespace json = boost::json;

constexpr char kSeedChannel[] = "ch_instagram_123";
// Stands for a text that differs each time.
constexpr char kAnyText[] = "…";

// A ```json block of the document, and the section it is in.
struct Block {
  std::string kind;
  std::string text;
};
struct Section {
  std::string title;
  // This is the whole text of the section; the tables are read from it.
  std::string text;
  std::vector<Block> blocks;

  // Null when it has none.
  const Block* Find(std::string_view kind) const {
    for (const Block& block : blocks) {
      if (block.kind.starts_with(kind)) return &block;
    }
    return nullptr;
  }
};

void PrintTo(const Section& section, std::ostream* out) {
  *out << section.title;
}

std::vector<Section> ReadSections() {
  std::vector<Section> sections;
  std::istringstream lines(ReadFile(SourceDir() + "/docs/seed.md"));
  bool in_block = false;
  for (std::string line; std::getline(lines, line);) {
    if (absl::StartsWith(line, "### ")) sections.push_back({line.substr(4)});
    if (absl::StartsWith(line, "## ")) sections.push_back({line.substr(3)});
    if (sections.empty()) continue;
    Section& section = sections.back();
    absl::StrAppend(&section.text, line, "\n");
    if (in_block && line == "```") {
      in_block = false;
    } else if (in_block) {
      absl::StrAppend(&section.blocks.back().text, line, "\n");
    } else if (absl::StartsWith(line, "```json ")) {
      in_block = true;
      section.blocks.push_back({line.substr(8), ""});
    }
  }
  return sections;
}

std::vector<Section> SectionsWith(std::string_view kind) {
  std::vector<Section> found;
  for (Section& section : ReadSections()) {
    if (section.Find(kind) != nullptr) found.push_back(std::move(section));
  }
  return found;
}

class SeedTest : public ::testing::TestWithParam<Section> {
 protected:
  void CreateChannel(v1::LoginType login_type = v1::LOGIN_TYPE_FACEBOOK_LOGIN) {
    v1::CreateChannelRequest request = Gateway::DefaultChannel();
    request.mutable_channel()->set_id(kSeedChannel);
    request.mutable_channel()->set_login_type(login_type);
    gateway_.PointWebhooks();
    gateway_.instagram().Configure(
        {.webhook_url = absl::StrCat("http://", gateway_.server().webhook(),
                                     "/webhooks/instagram/", kSeedChannel)});
    gateway_.CreateChannel(request);
  }

  template <typename Request, typename Response, typename Stub>
  grpc::Status Call(Stub& stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                 const Request&, Response*),
                    const std::string& text) {
    Request request;
    const auto parsed =
        google::protobuf::util::JsonStringToMessage(text, &request);
    EXPECT_TRUE(parsed.ok()) << parsed.ToString();
    Response response;
    return (stub.*method)(Context().get(), request, &response);
  }

  grpc::Status Call(const Block& block) {
    if (block.kind == "request MessagingService/SendMessage") {
      return Call(gateway_.messaging(),
                  &v1::MessagingService::Stub::SendMessage, block.text);
    }
    if (block.kind == "request ChannelService/SetIceBreakers") {
      return Call(gateway_.channels(),
                  &v1::ChannelService::Stub::SetIceBreakers, block.text);
    }
    return {grpc::StatusCode::UNIMPLEMENTED, block.kind};
  }

  // Has the customer write once, and waits until their name is known.
  void LearnUsername(const std::string& username) {
    ASSERT_TRUE(
        gateway_.instagram().ChangeUser(kUser, {.username = username}).ok());
    ASSERT_EQ(gateway_.Post(Gateway::TextBody("before", "Hello"), kAppSecret,
                            kSeedChannel),
              200);
    v1::GetConversationRequest request;
    request.set_channel_id(kSeedChannel);
    request.set_user_id(kUser);
    v1::GetConversationResponse response;
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (response.conversation().username().empty() &&
           std::chrono::steady_clock::now() < end) {
      ASSERT_TRUE(gateway_.messaging()
                      .GetConversation(Context().get(), request, &response)
                      .ok());
    }
    ASSERT_EQ(response.conversation().username(), username);
  }

  Gateway gateway_;
};

// ---- Comparing JSON --------------------------------------------------------

void ExpectSame(const json::value& want, const json::value& is,
                const std::string& path) {
  if (want.is_string() && want.get_string() == kAnyText) {
    EXPECT_TRUE(is.is_string() && !is.get_string().empty()) << path;
  } else if (want.is_object() && is.is_object()) {
    for (const auto& [key, value] : want.get_object()) {
      const json::value* found = is.get_object().if_contains(key);
      ASSERT_NE(found, nullptr) << path << "." << key << " is missing";
      ExpectSame(value, *found, absl::StrCat(path, ".", std::string(key)));
    }
    for (const auto& [key, value] : is.get_object()) {
      EXPECT_TRUE(want.get_object().contains(key))
          << path << "." << key << " is not in the document: " << value;
    }
  } else if (want.is_array() && is.is_array() &&
             want.get_array().size() == is.get_array().size()) {
    for (std::size_t i = 0; i < want.get_array().size(); ++i) {
      ExpectSame(want.get_array()[i], is.get_array()[i],
                 absl::StrCat(path, "[", i, "]"));
    }
  } else {
    EXPECT_EQ(want, is) << path;
  }
}

// ---- From the page to ours -------------------------------------------------

// What the document's first table says: `type` and `contentType` go, the
// template's kind becomes a member.
json::value ToOurs(const json::value& page, std::string_view key = "") {
  if (page.is_array()) {
    json::array out;
    for (const json::value& one : page.get_array()) out.push_back(ToOurs(one));
    return out;
  }
  if (!page.is_object()) return page;
  json::object out;
  for (const auto& [name, value] : page.get_object()) {
    if (name == "type" || name == "contentType") continue;
    out[name] = ToOurs(value, name);
  }
  if (key == "template") {
    return json::object{{page.at("type").as_string(), std::move(out)}};
  }
  return out;
}

class SeedRequestTest : public SeedTest {
 protected:
  // The request is accepted and makes one call, on the edge of that id.
  void ExpectGraphCall(const std::string& id, const json::value& body) {
    const grpc::Status status = Call(*GetParam().Find("request "));
    ASSERT_TRUE(status.ok()) << status.error_message();
    const std::vector<std::string> words =
        absl::StrSplit(GetParam().Find("graph ")->kind, ' ');
    ASSERT_EQ(words.size(), 3U);
    const auto calls = gateway_.instagram().graph_calls().Get().calls;
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].method, words[1]);
    EXPECT_EQ(calls[0].status, 200);
    EXPECT_TRUE(
        absl::StrContains(calls[0].path, absl::StrCat("/", id, "/", words[2])))
        << calls[0].path;
    ExpectSame(body, calls[0].body, "$");
  }
};

// What the document says of Instagram Login, done to the block of the other.
json::value WithInstagramLogin(json::value graph) {
  json::object& body = graph.as_object();
  body.erase("platform");
  if (!body.contains("message")) return graph;
  if (!body.at("message").as_object().contains("quick_replies")) {
    body.erase("messaging_type");
  }
  return graph;
}

TEST_P(SeedRequestTest, RequestIsThePages) {
  EXPECT_EQ(ToOurs(json::parse(GetParam().Find("page")->text)),
            json::parse(GetParam().Find("request ")->text));
}

TEST_P(SeedRequestTest, ReachesInstagramAsPrinted) {
  CreateChannel();
  ExpectGraphCall(kPage, json::parse(GetParam().Find("graph ")->text));
}

TEST_P(SeedRequestTest, ReachesInstagramWithInstagramLogin) {
  CreateChannel(v1::LOGIN_TYPE_INSTAGRAM_LOGIN);
  ExpectGraphCall(kAccount, WithInstagramLogin(
                                json::parse(GetParam().Find("graph ")->text)));
}

// ---- Events ----------------------------------------------------------------

// Adds every text in a JSON value to `out`.
void CollectTexts(const json::value& value, std::set<std::string>& out) {
  if (value.is_string()) out.insert(std::string(value.get_string()));
  if (value.is_object()) {
    for (const auto& member : value.get_object()) {
      CollectTexts(member.value(), out);
    }
  }
  if (value.is_array()) {
    for (const json::value& one : value.get_array()) CollectTexts(one, out);
  }
}

// Every name of a member.
void CollectNames(const json::value& value, std::set<std::string>& out) {
  if (value.is_object()) {
    for (const auto& member : value.get_object()) {
      out.insert(std::string(member.key()));
      CollectNames(member.value(), out);
    }
  }
  if (value.is_array()) {
    for (const json::value& one : value.get_array()) CollectNames(one, out);
  }
}

// A field of the page is in our event by its value or its name, or the section
// says what became of it.
void ExpectAccounted(const json::value& page, const json::value& event,
                     const Section& section) {
  std::set<std::string> texts;
  std::set<std::string> names;
  CollectTexts(event, texts);
  CollectNames(event, names);
  for (const auto& [key, value] : page.as_object()) {
    const std::string name(key);
    if (value.is_object()) {
      ExpectAccounted(value, event, section);
      continue;
    }
    // The rules at the top of the document are about these.
    if (name == "type" || name == "event") continue;
    const bool found =
        names.contains(name) || texts.contains(value.as_string().c_str()) ||
        absl::StrContains(section.text, absl::StrCat("`", name, "`")) ||
        absl::StrContains(section.text, absl::StrCat(".", name, "`")) ||
        texts.contains(
            absl::StrCat("MESSAGE_DIRECTION_",
                         absl::AsciiStrToUpper(value.as_string().c_str())));
    EXPECT_TRUE(found) << name << " of the page is neither in the event nor "
                       << "explained";
  }
}

class SeedEventTest : public SeedTest {};

TEST_P(SeedEventTest, WebhookArrivesAsPrinted) {
  const Section& section = GetParam();
  const Block* webhook = section.Find("webhook");
  const Block* event_block = section.Find("event");
  const Block* page = section.Find("page");
  ASSERT_NE(page, nullptr);
  ASSERT_NE(event_block, nullptr);
  const json::value want = json::parse(event_block->text);
  const json::value page_json = json::parse(page->text);
  EXPECT_EQ(page_json.at("event"), want.at("type"));
  ExpectAccounted(page_json.at("data"), want, section);
  const json::value* username = want.as_object().if_contains("username");
  CreateChannel();
  if (username != nullptr) LearnUsername(username->as_string().c_str());
  ASSERT_EQ(gateway_.Post(webhook->text, kAppSecret, kSeedChannel), 200);
  const std::vector<v1::Event> events = gateway_.AllEvents();
  ASSERT_EQ(events.size(), username == nullptr ? 1U : 2U);
  std::string printed;
  ASSERT_TRUE(
      google::protobuf::util::MessageToJsonString(events.back(), &printed)
          .ok());
  ExpectSame(want, json::parse(printed), "$");
}

std::string SectionName(const ::testing::TestParamInfo<Section>& info) {
  std::string name;
  for (const char c : info.param.title) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) name.push_back(c);
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Page, SeedRequestTest,
                         ::testing::ValuesIn(SectionsWith("request ")),
                         SectionName);
INSTANTIATE_TEST_SUITE_P(Page, SeedEventTest,
                         ::testing::ValuesIn(SectionsWith("webhook")),
                         SectionName);

// The page's own examples: seven messages, the ice breakers, the answer to a
// mention; and eight events. Fewer here would be a section that no longer
// parses.
TEST(SeedDocumentTest, HasEveryExample) {
  EXPECT_EQ(SectionsWith("request ").size(), 8U);
  EXPECT_EQ(SectionsWith("webhook").size(), 8U);
}

}  // namespace
}  // namespace linktor::testing
