// messages get, resolve and refresh-media, against a server in this process.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/proto_matchers.h"
#include "tests/unit/cli/local_server.h"

namespace linktor::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using MessagesTest = LocalServerTest;

// ---- resolve ----------------------------------------------------------------

TEST_F(MessagesTest, ResolveTellsInstagramsId) {
  messaging_.message.set_id("msg_1");
  messaging_.message.set_state(v1::MESSAGE_STATE_SENT);
  messaging_.message.set_mid("mid.1");
  const Outcome outcome =
      RunCli({"messages", "resolve", "ch", "msg_1", "sent", "--mid", "mid.1"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("mid.1"));
  EXPECT_THAT(messaging_.resolved,
              ElementsAre(EqualsProto(R"pb(channel_id: "ch"
                                           message_id: "msg_1"
                                           resolution: MESSAGE_RESOLUTION_SENT
                                           mid: "mid.1")pb")));
}

TEST_F(MessagesTest, ResolveNeedsNoIdOfInstagrams) {
  EXPECT_EQ(RunCli({"messages", "resolve", "ch", "msg_1", "sent"}).status, 0);
  EXPECT_EQ(RunCli({"messages", "resolve", "ch", "msg_1", "not-sent"}).status,
            0);
  EXPECT_THAT(
      messaging_.resolved,
      ElementsAre(
          EqualsProto(R"pb(channel_id: "ch"
                           message_id: "msg_1"
                           resolution: MESSAGE_RESOLUTION_SENT)pb"),
          EqualsProto(R"pb(channel_id: "ch"
                           message_id: "msg_1"
                           resolution: MESSAGE_RESOLUTION_NOT_SENT)pb")));
}

// It is not dropped on the way: the server says why it cannot be.
TEST_F(MessagesTest, IdOfWhatWasNotSentIsLeftToTheServerToRefuse) {
  messaging_.status =
      Refused(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_REQUEST");
  const Outcome outcome = RunCli(
      {"messages", "resolve", "ch", "msg_1", "not-sent", "--mid", "mid.1"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("INVALID_REQUEST"));
  EXPECT_THAT(messaging_.resolved, ElementsAre(EqualsProto(
                                       R"pb(channel_id: "ch"
                                            message_id: "msg_1"
                                            resolution:
                                                MESSAGE_RESOLUTION_NOT_SENT
                                            mid: "mid.1")pb")));
}

TEST_F(MessagesTest, ResolveTakesTwoWordsOnly) {
  EXPECT_EQ(RunCli({"messages", "resolve", "ch", "msg_1", "maybe"}).status, 2);
  EXPECT_EQ(RunCli({"messages", "resolve", "ch", "msg_1"}).status, 2);
  EXPECT_EQ(
      RunCli({"messages", "resolve", "ch", "msg_1", "sent", "--mid"}).status,
      2);
  EXPECT_THAT(messaging_.resolved, IsEmpty());
}

// ---- get --------------------------------------------------------------------

TEST_F(MessagesTest, GetByInstagramsId) {
  messaging_.message.set_state(v1::MESSAGE_STATE_SENT);
  const Outcome outcome = RunCli({"messages", "get", "ch", "--mid", "mid.1"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(messaging_.got, ElementsAre(EqualsProto(R"pb(channel_id: "ch"
                                                           mid: "mid.1")pb")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("messages resolve")));
}

TEST_F(MessagesTest, GetTakesOneId) {
  EXPECT_EQ(RunCli({"messages", "get", "ch"}).status, 2);
  EXPECT_EQ(
      RunCli({"messages", "get", "ch", "--mid", "m", "--id", "msg_1"}).status,
      2);
  EXPECT_THAT(messaging_.got, IsEmpty());
}

TEST_F(MessagesTest, GetOfAnUnconfirmedOneShowsHowToResolveIt) {
  messaging_.message.set_channel_id("ch");
  messaging_.message.set_id("msg_1");
  messaging_.message.set_state(v1::MESSAGE_STATE_UNCONFIRMED);
  const Outcome outcome = RunCli({"messages", "get", "ch", "--id", "msg_1"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out,
              HasSubstr("linktor-ig messages resolve ch msg_1 sent|not-sent"));
}

// ---- refresh-media ----------------------------------------------------------

TEST_F(MessagesTest, RefreshMediaShowsStoryAndFiles) {
  messaging_.media.set_message_id("msg_1");
  messaging_.media.set_story_id("18");
  messaging_.media.set_media_url("https://e.x/story");
  messaging_.media.add_attachments()->set_type("image");
  messaging_.media.mutable_attachments(0)->set_url("https://e.x/a.jpg");
  const Outcome outcome =
      RunCli({"messages", "refresh-media", "ch", "--mid", "mid.1"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(messaging_.refreshed,
              ElementsAre(EqualsProto(R"pb(channel_id: "ch" mid: "mid.1")pb")));
  EXPECT_THAT(outcome.out, HasSubstr("story           18\n"));
  EXPECT_THAT(outcome.out, HasSubstr("story at        https://e.x/story\n"));
  EXPECT_THAT(outcome.out,
              HasSubstr("attachment      image https://e.x/a.jpg\n"));
}

TEST_F(MessagesTest, RefreshMediaTakesOneId) {
  EXPECT_EQ(RunCli({"messages", "refresh-media", "ch"}).status, 2);
  EXPECT_EQ(
      RunCli({"messages", "refresh-media", "ch", "--mid", "m", "--id", "msg_1"})
          .status,
      2);
  EXPECT_THAT(messaging_.refreshed, IsEmpty());
}

TEST_F(MessagesTest, MediaThatIsGoneIsExplained) {
  messaging_.status =
      Refused(grpc::StatusCode::FAILED_PRECONDITION, "MEDIA_UNAVAILABLE");
  const Outcome outcome =
      RunCli({"messages", "refresh-media", "ch", "--id", "msg_1"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("MEDIA_UNAVAILABLE"));
}

}  // namespace
}  // namespace linktor::cli
