// GET /{version}/{mid}: a message as Meta shows it.

#include "emulator/message_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kStory[] = "https://lookaside.fbsbx.com/ig/?asset_id=1";

class MessageTest : public EmulatorTest {
 protected:
  // Plays the event. Returns the path of its message.
  std::string Play(CustomerEvent event) {
    const auto played = emulator_->Play(std::move(event));
    EXPECT_TRUE(played.ok()) << played.status();
    return played.ok() ? "/v25.0/" + played->mid : "";
  }
  json::value Read(const std::string& path, const std::string& fields) {
    const Reply reply = Graph("GET", path + "?fields=" + fields);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.Json();
  }
};

TEST_F(MessageTest, StoryMentionHasAnIdAndANewLinkEachTime) {
  const std::string path = Play(StoryMentionEvent(kCustomer, kStory));
  const json::value first = Read(path, "story").at("story").at("mention");
  const json::value second = Read(path, "story").at("story").at("mention");
  EXPECT_THAT(Text(first, "link"), StartsWith(std::string(kStory) + "&"));
  EXPECT_NE(Text(first, "link"), Text(second, "link"));
  EXPECT_THAT(Text(first, "id"), StartsWith("18"));
  EXPECT_EQ(Text(first, "id"), Text(second, "id"));
}

TEST_F(MessageTest, StoryReplyNamesTheStory) {
  const std::string path =
      Play(StoryReplyEvent(kCustomer, "Love this!", "17", "https://e.x/s"));
  const json::value reply = Read(path, "story").at("story").at("reply_to");
  EXPECT_EQ(Text(reply, "id"), "17");
  EXPECT_THAT(Text(reply, "link"), StartsWith("https://e.x/s?"));
}

TEST_F(MessageTest, StoryEndsAfterADay) {
  CustomerEvent event = StoryMentionEvent(kCustomer, kStory);
  event.time = absl::Now() - absl::Hours(25);
  const std::string path = Play(std::move(event));
  EXPECT_FALSE(Read(path, "story").as_object().contains("story"));
}

TEST_F(MessageTest, FilesHaveNewLinksByTheirKind) {
  const auto file = [this](const char* type) {
    const std::string path = Play(MediaEvent(kCustomer, type, "https://e.x/a"));
    return Read(path, "attachments").at("attachments").at("data").at(0);
  };
  EXPECT_THAT(Text(file("image").at("image_data"), "url"),
              StartsWith("https://e.x/a?"));
  EXPECT_THAT(Text(file("video").at("video_data"), "url"),
              StartsWith("https://e.x/a?"));
  const json::value audio = file("audio");
  EXPECT_THAT(Text(audio, "file_url"), StartsWith("https://e.x/a?"));
  EXPECT_THAT(Text(audio, "mime_type"), StartsWith("audio/"));
  EXPECT_THAT(Text(file("file"), "file_url"), StartsWith("https://e.x/a?"));
}

// The webhook was the only copy of their links.
TEST_F(MessageTest, SharesAreEmpty) {
  const std::string path =
      Play(MediaEvent(kCustomer, "ig_reel", "https://e.x/a"));
  EXPECT_EQ(Read(path, "attachments,story").as_object().size(), 1U);
}

TEST_F(MessageTest, PartiesTimeAndText) {
  CustomerEvent event = MessageEvent({.from = kCustomer, .text = "Hi"});
  event.time = absl::FromUnixSeconds(1'657'653'551);
  const std::string path = Play(std::move(event));
  const json::value read = Read(path, "id,created_time,from,to,message");
  EXPECT_EQ(Text(read, "created_time"), "2022-07-12T19:19:11+0000");
  EXPECT_EQ(Text(read.at("from"), "id"), kCustomer);
  EXPECT_EQ(Text(read.at("to").at("data").at(0), "id"), kAccount);
  EXPECT_EQ(Text(read, "message"), "Hi");
  EXPECT_EQ("/v25.0/" + Text(read, "id"), path);
}

TEST_F(MessageTest, SendsAreShown) {
  const Reply sent = Graph("POST", "/me/messages", R"({
      "recipient":{"id":"6100000000000001"},"message":{"attachment":{
          "type":"image","payload":{"url":"https://e.x/a.jpg"}}}})");
  ASSERT_EQ(sent.status, 200) << sent.body;
  const json::value read =
      Read("/" + Text(sent.Json(), "message_id"), "from,to,attachments");
  EXPECT_EQ(Text(read.at("from"), "id"), kAccount);
  EXPECT_EQ(Text(read.at("to").at("data").at(0), "id"), kCustomer);
  EXPECT_THAT(
      Text(read.at("attachments").at("data").at(0).at("image_data"), "url"),
      StartsWith("https://e.x/a.jpg?"));
}

TEST_F(MessageTest, EditsAndUnsendsChangeIt) {
  const std::string path =
      Play(MessageEvent({.from = kCustomer, .text = "In M?"}));
  const std::string mid = path.substr(path.rfind('/') + 1);
  (void)Play(EditEvent(kCustomer, mid, "In L?", 1));
  EXPECT_EQ(Text(Read(path, "message"), "message"), "In L?");
  (void)Play(UnsendEvent(kCustomer, mid));
  EXPECT_EQ(ErrorCode(Graph("GET", path + "?fields=message")), 9000001);
}

TEST_F(MessageTest, UnknownOnesAndFieldsAreGraphErrors) {
  const Reply unknown = Graph("GET", "/v25.0/m_unknown?fields=story");
  EXPECT_EQ(ErrorCode(unknown), 100);
  EXPECT_EQ(unknown.Json().at("error").at("error_subcode").as_int64(), 33);
  const std::string path =
      Play(MessageEvent({.from = kCustomer, .text = "Hi"}));
  const Reply field = Graph("GET", path + "?fields=story,likes");
  EXPECT_EQ(ErrorCode(field), 100);
  EXPECT_THAT(field.body, HasSubstr("likes"));
  EXPECT_EQ(ErrorCode(Graph("DELETE", path)), 100);
  EXPECT_EQ(ErrorCode(Graph("GET", "/v25.0/me")), 2500);
}

TEST(MessageStoreTest, IsBounded) {
  MessageStore store;
  for (int i = 0; i <= 10'000; ++i) {
    store.Put("m_" + std::to_string(i), {.from = kCustomer});
  }
  EXPECT_FALSE(store.Find("", "m_0").has_value());
  EXPECT_TRUE(store.Find("", "m_10000").has_value());
  EXPECT_FALSE(store.Find("1784", "m_10000").has_value()) << "another account";
  store.Put("m_long", {.text = std::string(20'000, 'x')});
  EXPECT_FALSE(store.Find("", "m_long").has_value());
}

}  // namespace
}  // namespace linktor::emulator
