// Messages of a real data folder, and Instagram as a fake that shows them.

#include "server/messaging/media_refresher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/willing_graph.h"
#include "tests/support/proto_matchers.h"
#include "tests/unit/messaging/sender_fixture.h"

namespace linktor::messaging {
namespace {

using Response = absl::StatusOr<v1::RefreshMediaResponse>;

constexpr char kStory[] = "https://lookaside.fbsbx.com/ig_messaging_cdn/?s=2";

// Instagram shows every message alike.
class FakeMedia final : public WillingGraph {
 public:
  struct Asked {
    std::string mid;
    graph::MediaFields fields;
  };

  void GetMessageMedia(const graph::GraphAccount&, std::string_view mid,
                       const graph::MediaFields& fields,
                       absl::AnyInvocable<void(Response)> done) override {
    asked.push_back({std::string(mid), fields});
    done(answer);
  }

  std::vector<Asked> asked;
  Response answer = v1::RefreshMediaResponse();
};

class MediaRefresherTest : public SenderFixture {
 protected:
  // The customer has sent this, or somebody else for the account has.
  void Deliver(const std::string& mid, const std::string& event_text,
               journal::ItemKind kind = journal::ITEM_KIND_MESSAGE) {
    auto event = ParseText<v1::Event>(event_text);
    journal::Record record = Webhook(kind, kUser, mid);
    journal::WebhookItem& item = *record.mutable_webhook()->mutable_items(0);
    item.mutable_event()->set_type(event.type());
    seal::NewKeys new_keys;
    item.mutable_event()->set_sealed(
        *sealer().Seal({.channel_no = ChannelNo(), .user_id = kUser},
                       seal::SealedPlace::kEvent, item.event().id(),
                       event.SerializeAsString(), new_keys));
    EXPECT_THAT(journal::AppendSealedAs<state::DeliveryAnswer>(
                    *journal_, std::move(new_keys), std::move(record)),
                IsOk());
  }
  void DeliverMention(const std::string& mid) {
    Deliver(mid, R"pb(
      type: "instagram.story_mention"
      event_time { seconds: 1799999000 }
      story_mention {
        media_url: "https://lookaside.fbsbx.com/ig_messaging_cdn/?s=1"
        message {
          mid: "mid.mention"
          direction: MESSAGE_DIRECTION_INBOUND
          state: MESSAGE_STATE_RECEIVED
          attachments { type: "story_mention" }
        }
      })pb");
  }
  void DeliverAttachment(const std::string& mid, const std::string& type) {
    v1::Event event;
    event.set_type("message.received");
    v1::Message& message = *event.mutable_message_received();
    message.set_mid(mid);
    message.set_direction(v1::MESSAGE_DIRECTION_INBOUND);
    message.add_attachments()->set_type(type);
    Deliver(mid, event.DebugString());
  }

  Response Refresh(const v1::RefreshMediaRequest& request) {
    Response told = absl::UnknownError("nothing was told");
    refresher_.Refresh(request,
                       [&told](Response one) { told = std::move(one); });
    return told;
  }
  Response ByMid(const std::string& mid, const std::string& channel = "ch_1") {
    v1::RefreshMediaRequest request;
    request.set_channel_id(channel);
    request.set_mid(mid);
    return Refresh(request);
  }
  Response ById(const std::string& id) {
    v1::RefreshMediaRequest request;
    request.set_channel_id("ch_1");
    request.set_message_id(id);
    return Refresh(request);
  }
  std::string IdOf(const std::string& mid) {
    return FormatId(kMessagePrefix, state::MidKey(ChannelNo(), mid));
  }

  FakeMedia media_;
  MediaRefresher refresher_{*reader_, *registry_, media_};
};

TEST_F(MediaRefresherTest, StoryMentionGetsItsIdAndANewLink) {
  DeliverMention("mid.mention");
  media_.answer->set_story_id("18");
  media_.answer->set_media_url(kStory);
  const Response told = ByMid("mid.mention");
  ASSERT_THAT(told, IsOk());
  v1::RefreshMediaResponse expected;
  expected.set_message_id(IdOf("mid.mention"));
  expected.set_mid("mid.mention");
  expected.set_story_id("18");
  expected.set_media_url(kStory);
  // The media expires one day after Instagram's time of the mention.
  expected.mutable_media_expire_time()->set_seconds(1'799'999'000 + 24 * 3600);
  EXPECT_THAT(*told, EqualsProto(expected));
  ASSERT_EQ(media_.asked.size(), 1U);
  EXPECT_EQ(media_.asked[0].mid, "mid.mention");
  EXPECT_EQ(media_.asked[0].fields, graph::MediaFields{.story = true});
}

TEST_F(MediaRefresherTest, MessageIsFoundByTheServersId) {
  DeliverMention("mid.mention");
  media_.answer->set_story_id("18");
  EXPECT_EQ(ById(IdOf("mid.mention"))->mid(), "mid.mention");
}

// What is stored is as Instagram brought it.
TEST_F(MediaRefresherTest, NothingOfTheAnswerIsStored) {
  DeliverMention("mid.mention");
  media_.answer->set_story_id("18");
  media_.answer->set_media_url(kStory);
  EXPECT_THAT(ByMid("mid.mention"), IsOk());
  v1::GetMessageRequest get;
  get.set_channel_id("ch_1");
  get.set_mid("mid.mention");
  const auto message = reader_->Find(get);
  ASSERT_THAT(message, IsOk());
  EXPECT_EQ(message->story().id(), "");
  EXPECT_EQ(message->story().url(),
            "https://lookaside.fbsbx.com/ig_messaging_cdn/?s=1");
}

TEST_F(MediaRefresherTest, StoryReplyWithAPictureAsksForBoth) {
  Deliver("mid.reply", R"pb(
    type: "instagram.story_reply"
    story_reply {
      story_id: "17"
      message {
        mid: "mid.reply"
        direction: MESSAGE_DIRECTION_INBOUND
        attachments { type: "image" }
      }
    })pb");
  media_.answer->set_media_url(kStory);
  v1::Attachment& image = *media_.answer->add_attachments();
  image.set_type("image");
  image.set_url("https://scontent.fbcdn.net/p.jpg?oe=68BDB031");
  const Response told = ByMid("mid.reply");
  ASSERT_THAT(told, IsOk());
  const graph::MediaFields both{.story = true, .attachments = true};
  EXPECT_EQ(media_.asked[0].fields, both);
  EXPECT_FALSE(told->has_story_id());
  // Instagram gave no time, and this link says nothing of its end.
  EXPECT_FALSE(told->has_media_expire_time());
  EXPECT_EQ(told->attachments(0).url_expire_time().seconds(), 1'757'261'873);
}

TEST_F(MediaRefresherTest, FilesGetNewLinks) {
  media_.answer->add_attachments()->set_url("https://e.x/new");
  for (const char* type : {"image", "video", "audio", "file"}) {
    media_.asked.clear();
    DeliverAttachment(std::string("mid.") + type, type);
    EXPECT_THAT(ByMid(std::string("mid.") + type), IsOk()) << type;
    ASSERT_EQ(media_.asked.size(), 1U) << type;
    EXPECT_EQ(media_.asked[0].fields, graph::MediaFields{.attachments = true});
  }
}

TEST_F(MediaRefresherTest, PictureThatWasSentHereGetsANewLink) {
  v1::SendMessageRequest request = Text("", "r1");
  request.mutable_content()->mutable_image()->set_url("https://e.x/a.jpg");
  ASSERT_THAT(SendTo(request, FakeGraph::Took("mid.sent")), IsOk());
  media_.answer->add_attachments()->set_url("https://e.x/new");
  const Response told = ById(Message("r1")->id());
  ASSERT_THAT(told, IsOk());
  EXPECT_EQ(told->mid(), "mid.sent");
  EXPECT_EQ(told->message_id(), Message("r1")->id());
}

TEST_F(MediaRefresherTest, StoryThatTheAccountMentionedElsewhereIsAskedFor) {
  Deliver("mid.echo", R"pb(
            type: "message.echoed"
            message_echoed {
              mid: "mid.echo"
              direction: MESSAGE_DIRECTION_OUTBOUND
              attachments { type: "story_mention" }
            })pb",
          journal::ITEM_KIND_ECHO);
  media_.answer->set_story_id("18");
  EXPECT_EQ(ByMid("mid.echo")->story_id(), "18");
}

// ---- Refusals ---------------------------------------------------------------

TEST_F(MediaRefresherTest, MessageWithoutMediaIsNotAskedFor) {
  Deliver("mid.text", R"pb(
    type: "message.received"
    message_received {
      mid: "mid.text"
      text: "Hi"
      direction: MESSAGE_DIRECTION_INBOUND
    })pb");
  DeliverAttachment("mid.post", "ig_post");
  DeliverAttachment("mid.once", "ephemeral");
  for (const char* mid : {"mid.text", "mid.post", "mid.once"}) {
    const Response refused = ByMid(mid);
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(refused, HasReason("MEDIA_UNAVAILABLE")) << mid;
    EXPECT_THAT(refused, HasMetadata("message_id", IdOf(mid)));
  }
  EXPECT_TRUE(media_.asked.empty());
}

// Instagram has no id of it, so it cannot be asked.
TEST_F(MediaRefresherTest, PictureThatInstagramRefusedIsNotAskedFor) {
  v1::SendMessageRequest request = Text("", "r1");
  request.mutable_content()->mutable_image()->set_url("https://e.x/a.jpg");
  EXPECT_THAT(
      SendTo(request, FakeGraph::Refused(absl::StatusCode::kInvalidArgument,
                                         v1::ERROR_REASON_MEDIA_REJECTED)),
      HasReason("MEDIA_REJECTED"));
  EXPECT_THAT(ById(Message("r1")->id()), HasReason("MEDIA_UNAVAILABLE"));
  EXPECT_TRUE(media_.asked.empty());
}

TEST_F(MediaRefresherTest, StoryThatHasEndedIsUnavailable) {
  DeliverMention("mid.mention");
  const Response refused = ByMid("mid.mention");
  EXPECT_THAT(refused, HasReason("MEDIA_UNAVAILABLE"));
  EXPECT_THAT(refused, HasMetadata("message_id", IdOf("mid.mention")));
  EXPECT_EQ(media_.asked.size(), 1U);
}

TEST_F(MediaRefresherTest, UnknownMessagesAndChannelsAreNotFound) {
  CreateChannel("ch_2", "17841400000000002", "200");
  DeliverMention("mid.mention");
  EXPECT_THAT(ByMid("mid.none"), HasReason("MESSAGE_NOT_FOUND"));
  EXPECT_THAT(ById(FormatId(kMessagePrefix, NewRawId())),
              HasReason("MESSAGE_NOT_FOUND"));
  EXPECT_THAT(ByMid("mid.mention", "ch_2"), HasReason("MESSAGE_NOT_FOUND"));
  EXPECT_THAT(ByMid("mid.mention", "ch_3"), HasReason("CHANNEL_NOT_FOUND"));
  SetToken("");
  EXPECT_THAT(ByMid("mid.mention"), HasReason("CREDENTIALS_MISSING"));
  EXPECT_TRUE(media_.asked.empty());
}

TEST_F(MediaRefresherTest, RefusalsOfInstagramAreTold) {
  DeliverMention("mid.mention");
  media_.answer = MakeError(absl::StatusCode::kFailedPrecondition,
                            v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED, "no");
  EXPECT_THAT(ByMid("mid.mention"), HasReason("ACCESS_TOKEN_EXPIRED"));
}

}  // namespace
}  // namespace linktor::messaging
