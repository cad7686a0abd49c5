#include "server/kinds/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/support/proto_matchers.h"
#include "tests/support/seed.h"

namespace linktor::kinds {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::Event At(std::int64_t seconds) {
  v1::Event event;
  event.mutable_event_time()->set_seconds(seconds);
  // It came later, in another order.
  event.mutable_receive_time()->set_seconds(9'000 - seconds);
  return event;
}

v1::Event Edit(std::int64_t seconds, int number, const std::string& text) {
  v1::Event event = At(seconds);
  event.mutable_message_edited()->set_num_edit(number);
  event.mutable_message_edited()->set_text(text);
  return event;
}

v1::Event Reaction(std::int64_t seconds, v1::MessageDirection direction,
                   const std::string& reaction) {
  v1::Event event = At(seconds);
  v1::Reaction& out = *event.mutable_reaction();
  out.set_mid("m");
  out.set_direction(direction);
  out.set_action(reaction.empty() ? "unreact" : "react");
  out.set_reaction(reaction);
  return event;
}

v1::Event Read(std::int64_t seconds) {
  v1::Event event = At(seconds);
  event.mutable_message_read()->set_mid("m");
  return event;
}

v1::Message Changed(const std::vector<v1::Event>& events) {
  v1::Message message;
  message.set_text("first");
  ApplyChanges(events, message);
  return message;
}

TEST(ChangesTest, NothingChangesNothing) {
  v1::Message message;
  message.set_text("first");
  EXPECT_THAT(Changed({}), EqualsProto(message));
  // An erased event, and one that is about a message but changes none.
  v1::Event feedback = At(5);
  feedback.mutable_feedback();
  EXPECT_THAT(Changed({At(5), feedback}), EqualsProto(message));
}

// The state has decided whose message it is about, and the rest is lost.
TEST(ChangesTest, AnEventWithoutItsContentChangesNothing) {
  v1::Event reaction;
  reaction.mutable_reaction()->set_message_id("msg_1");
  v1::Event read;
  read.mutable_message_read()->set_message_id("msg_1");
  v1::Event edit;
  edit.mutable_message_edited()->set_message_id("msg_1");
  v1::Message message;
  message.set_text("first");
  EXPECT_THAT(Changed({reaction, read, edit}), EqualsProto(message));
}

TEST(ChangesTest, TheEditWithTheGreatestNumberIsTheText) {
  const v1::Message message =
      Changed({Edit(30, 3, "fourth"), Edit(40, 2, "third")});
  EXPECT_EQ(message.text(), "fourth");
  EXPECT_EQ(message.edit_count(), 3);
  EXPECT_EQ(message.edit_time().seconds(), 30);
}

TEST(ChangesTest, AnEditWithoutATextLeavesIt) {
  const v1::Message message = Changed({Edit(30, 1, "")});
  EXPECT_EQ(message.text(), "first");
  EXPECT_EQ(message.edit_count(), 1);
}

TEST(ChangesTest, EachSideHasItsLastReaction) {
  const v1::Message message =
      Changed({Reaction(30, v1::MESSAGE_DIRECTION_INBOUND, "love"),
               Reaction(20, v1::MESSAGE_DIRECTION_INBOUND, "wow"),
               Reaction(10, v1::MESSAGE_DIRECTION_OUTBOUND, "like")});
  ASSERT_THAT(message.reactions(), SizeIs(2));
  EXPECT_EQ(message.reactions(0).reaction(), "like");
  EXPECT_EQ(message.reactions(1).reaction(), "love");
  EXPECT_EQ(message.reactions(1).react_time().seconds(), 30);
}

TEST(ChangesTest, AReactionThatWasTakenBackIsNone) {
  EXPECT_THAT(Changed({Reaction(30, v1::MESSAGE_DIRECTION_INBOUND, ""),
                       Reaction(20, v1::MESSAGE_DIRECTION_INBOUND, "wow")})
                  .reactions(),
              IsEmpty());
}

TEST(ChangesTest, TheFirstReadCounts) {
  EXPECT_EQ(Changed({Read(30), Read(20)}).read_time().seconds(), 20);
  v1::Event timeless = Read(1);
  timeless.clear_event_time();
  timeless.mutable_receive_time()->set_seconds(25);
  EXPECT_EQ(Changed({Read(30), timeless}).read_time().seconds(), 25);
}

TEST(ChangesTest, TheirOrderDoesNotMatter) {
  std::vector<v1::Event> events = {
      Edit(10, 1, "second"),
      Edit(20, 2, "third"),
      Read(15),
      Read(25),
      Reaction(11, v1::MESSAGE_DIRECTION_INBOUND, "love"),
      Reaction(12, v1::MESSAGE_DIRECTION_INBOUND, ""),
      Reaction(13, v1::MESSAGE_DIRECTION_INBOUND, "wow"),
      Reaction(14, v1::MESSAGE_DIRECTION_OUTBOUND, "like")};
  const v1::Message expected = Changed(events);
  std::mt19937_64 random(TestSeed());
  for (int i = 0; i < 100; ++i) {
    std::shuffle(events.begin(), events.end(), random);
    EXPECT_THAT(Changed(events), EqualsProto(expected));
  }
}

}  // namespace
}  // namespace linktor::kinds
