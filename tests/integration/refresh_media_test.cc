// These tests call RefreshMedia over real sockets. The emulator is Instagram.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

using emulator::CustomerEvent;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kStory[] =
    "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=77";
constexpr char kPhoto[] = "https://cdn.example/photo.jpg";

class RefreshMediaTest : public ::testing::Test {
 protected:
  RefreshMediaTest() {
    gateway_.CreateChannel();
    gateway_.Watch(kStory);
    gateway_.Watch(kPhoto);
  }

  // Plays it. Returns the message that the stream tells of.
  v1::Message Play(CustomerEvent event) {
    const auto played = gateway_.instagram().Play(std::move(event));
    EXPECT_TRUE(played.ok()) << played.status();
    const std::vector<v1::Event> events = gateway_.AllEvents();
    return events.empty() ? v1::Message() : MessageOf(events.back());
  }
  grpc::Status Refresh(const v1::RefreshMediaRequest& request) {
    media_.Clear();
    return gateway_.messaging().RefreshMedia(Context().get(), request, &media_);
  }
  grpc::Status ById(const std::string& id) {
    v1::RefreshMediaRequest request;
    request.set_channel_id(kChannel);
    request.set_message_id(id);
    return Refresh(request);
  }
  grpc::Status ByMid(const std::string& mid,
                     const std::string& channel = kChannel) {
    v1::RefreshMediaRequest request;
    request.set_channel_id(channel);
    request.set_mid(mid);
    return Refresh(request);
  }
  // The paths of the calls about messages.
  std::vector<std::string> Asked() {
    std::vector<std::string> paths;
    for (const auto& call : gateway_.instagram().graph_calls().Get().calls) {
      const bool of_message =
          call.path.find("fields=story") != std::string::npos ||
          call.path.find("fields=attachments") != std::string::npos;
      if (of_message) paths.push_back(call.path);
    }
    return paths;
  }

  Gateway gateway_;
  v1::RefreshMediaResponse media_;
};

TEST_F(RefreshMediaTest, StoryMentionGetsItsIdAndAFreshLink) {
  const v1::Message message = Play(emulator::StoryMentionEvent(kUser, kStory));
  const grpc::Status status = ByMid(message.mid());
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(media_.message_id(), message.id());
  EXPECT_EQ(media_.mid(), message.mid());
  EXPECT_THAT(media_.story_id(), StartsWith("18"));
  EXPECT_THAT(media_.media_url(), StartsWith(absl::StrCat(kStory, "&")));
  EXPECT_EQ(media_.attachments_size(), 0);
  // The story ends a day after the mention at the latest.
  const std::int64_t left =
      media_.media_expire_time().seconds() - absl::ToUnixSeconds(absl::Now());
  EXPECT_GT(left, 23 * 3600);
  EXPECT_LE(left, 24 * 3600);
  ASSERT_EQ(Asked().size(), 1U);
  EXPECT_THAT(Asked()[0],
              HasSubstr(absl::StrCat("/", message.mid(), "?fields=story")));
}

// Each call is a new question, also after a restart, and nothing is kept.
TEST_F(RefreshMediaTest, NothingOfTheAnswerIsStored) {
  const v1::Message message = Play(emulator::StoryMentionEvent(kUser, kStory));
  ASSERT_TRUE(ById(message.id()).ok());
  const std::string first = media_.media_url();
  gateway_.Restart();
  ASSERT_TRUE(ById(message.id()).ok());
  EXPECT_NE(media_.media_url(), first);
  EXPECT_EQ(Asked().size(), 2U);
  v1::GetMessageRequest request;
  request.set_channel_id(kChannel);
  request.set_message_id(message.id());
  v1::GetMessageResponse response;
  ASSERT_TRUE(gateway_.messaging()
                  .GetMessage(Context().get(), request, &response)
                  .ok());
  EXPECT_EQ(response.message().story().url(), kStory);
  EXPECT_EQ(response.message().story().id(), "");
}

TEST_F(RefreshMediaTest, StoryReplyGetsAFreshLink) {
  const v1::Message message =
      Play(emulator::StoryReplyEvent(kUser, "Love this!", "17", kStory));
  ASSERT_TRUE(ById(message.id()).ok());
  EXPECT_EQ(media_.story_id(), "17");
  EXPECT_THAT(media_.media_url(), StartsWith(absl::StrCat(kStory, "&")));
}

TEST_F(RefreshMediaTest, FilesOfBothSidesGetFreshLinks) {
  const v1::Message message =
      Play(emulator::MediaEvent(kUser, "image", kPhoto));
  ASSERT_TRUE(ById(message.id()).ok());
  ASSERT_EQ(media_.attachments_size(), 1);
  EXPECT_EQ(media_.attachments(0).type(), "image");
  EXPECT_TRUE(media_.attachments(0).has_image());
  EXPECT_THAT(media_.attachments(0).url(),
              StartsWith(absl::StrCat(kPhoto, "?")));
  EXPECT_FALSE(media_.has_story_id());

  v1::SendMessageRequest send;
  send.set_channel_id(kChannel);
  send.set_to(kUser);
  send.mutable_content()->mutable_video()->set_url(kPhoto);
  v1::SendMessageResponse sent;
  ASSERT_TRUE(
      gateway_.messaging().SendMessage(Context().get(), send, &sent).ok());
  ASSERT_TRUE(ById(sent.message().id()).ok());
  EXPECT_EQ(media_.mid(), sent.message().mid());
  EXPECT_EQ(media_.attachments(0).type(), "video");
}

// ---- Refusals ---------------------------------------------------------------

TEST_F(RefreshMediaTest, MessageWithoutMediaIsRefusedWithoutAQuestion) {
  const v1::Message text =
      Play(emulator::MessageEvent({.from = kUser, .text = "Hi"}));
  const v1::Message taken = Play(emulator::StoryMentionEvent(kUser, kStory));
  (void)Play(emulator::UnsendEvent(kUser, taken.mid()));
  for (const std::string& id : {text.id(), taken.id()}) {
    const grpc::Status status = ById(id);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "MEDIA_UNAVAILABLE");
    EXPECT_EQ(ErrorInfoOf(status).metadata().at("message_id"), id);
  }
  EXPECT_TRUE(Asked().empty());
}

TEST_F(RefreshMediaTest, StoryThatHasEndedIsUnavailable) {
  CustomerEvent event = emulator::StoryMentionEvent(kUser, kStory);
  event.time = absl::Now() - absl::Hours(25);
  const v1::Message message = Play(std::move(event));
  EXPECT_EQ(ErrorInfoOf(ById(message.id())).reason(), "MEDIA_UNAVAILABLE");
}

TEST_F(RefreshMediaTest, UnknownOnesAreNotFound) {
  const v1::Message message = Play(emulator::StoryMentionEvent(kUser, kStory));
  EXPECT_EQ(ErrorInfoOf(ByMid("mid.none")).reason(), "MESSAGE_NOT_FOUND");
  EXPECT_EQ(ErrorInfoOf(ByMid(message.mid(), "ch_none")).reason(),
            "CHANNEL_NOT_FOUND");
  EXPECT_EQ(ErrorInfoOf(ById("msg_nothex")).reason(), "INVALID_REQUEST");
  EXPECT_TRUE(Asked().empty());
}

// Instagram shows the newest 20 messages of a conversation.
TEST_F(RefreshMediaTest, MessageThatInstagramDoesNotShowIsNotFound) {
  ASSERT_EQ(
      gateway_.Post(absl::StrCat(
          R"({"object":"instagram","entry":[{"id":")", kAccount,
          R"(","time":1700000001000,"messaging":[{"sender":{"id":")", kUser,
          R"("},"recipient":{"id":")", kAccount,
          R"("},"timestamp":1700000000000,"message":{"mid":"mid/old+1=",)",
          R"("attachments":[{"type":"image","payload":{"url":")", kPhoto,
          R"("}}]}}]}]})")),
      200);
  const grpc::Status status = ByMid("mid/old+1=");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "MESSAGE_NOT_FOUND");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("graph_subcode"), "33");
  EXPECT_THAT(status.error_message(), HasSubstr("'mid/old+1='"))
      << "Instagram was asked about this very one";
}

TEST_F(RefreshMediaTest, RefusalsOfInstagramAreTold) {
  const v1::Message message = Play(emulator::StoryMentionEvent(kUser, kStory));
  ASSERT_TRUE(gateway_.instagram()
                  .AddFault({.on = "message",
                             .kind = emulator::FaultKind::kGraphError,
                             .error = {.code = 190, .subcode = 463}})
                  .ok());
  EXPECT_EQ(ErrorInfoOf(ById(message.id())).reason(), "ACCESS_TOKEN_EXPIRED");
}

}  // namespace
}  // namespace linktor::testing
