#include "server/state/event_encoding.h"

#include <gtest/gtest.h>

#include "server/kinds/table.h"
#include "tests/support/proto_matchers.h"

namespace linktor::state {
namespace {

constexpr std::int64_t kReceiveSeconds = 1'790'000'000;

// Returns an event of the kind; it has a message where the kind has one.
v1::Event MakeEventOf(const kinds::Kind& kind) {
  v1::Event event;
  event.set_id(FormatId(kEventPrefix, RawId(16, 'e')));
  event.set_type(std::string(kind.type));
  event.set_channel_id("ch_1");
  event.set_user_id("501");
  event.mutable_receive_time()->set_seconds(kReceiveSeconds);
  event.set_username("ada");
  if (kind.mutable_message == nullptr) return event;
  v1::Message& message = *kind.mutable_message(event);
  message.set_id("msg_1");
  message.set_channel_id("ch_1");
  message.set_user_id("501");
  message.set_direction(kind.echo ? v1::MESSAGE_DIRECTION_OUTBOUND
                                  : v1::MESSAGE_DIRECTION_INBOUND);
  message.set_text("hello");
  if (!kind.echo) message.mutable_create_time()->set_seconds(kReceiveSeconds);
  return event;
}

v1::Event PutTogether(const v1::Event& event) {
  const std::string whole =
      WholeEvent(RawId(16, 'e'), event.type(), event.channel_id(),
                 event.user_id(), EncodeNewEvent(event).stored);
  v1::Event parsed;
  EXPECT_TRUE(parsed.ParseFromString(whole));
  return parsed;
}

TEST(EventEncodingTest, EveryKindIsPutTogetherAsItWas) {
  int messages = 0;
  for (const kinds::Kind* kind : kinds::kTable) {
    SCOPED_TRACE(kind->type);
    const v1::Event event = MakeEventOf(*kind);
    if (kind->mutable_message != nullptr) ++messages;
    EXPECT_THAT(PutTogether(event), EqualsProto(event));
    v1::Event whole;
    ASSERT_TRUE(whole.ParseFromString(EncodeNewEvent(event).whole));
    EXPECT_THAT(whole, EqualsProto(event));
  }
  EXPECT_GT(messages, 7);
}

TEST(EventEncodingTest, NothingIsStoredTwice) {
  v1::Event event = MakeEventOf(kinds::FindType("message.received"));
  v1::Event stored;
  ASSERT_TRUE(stored.ParseFromString(EncodeNewEvent(event).stored));
  EXPECT_THAT(stored, EqualsProto(R"pb(
                receive_time { seconds: 1790000000 }
                username: "ada"
                message_received {
                  id: "msg_1"
                  direction: MESSAGE_DIRECTION_INBOUND
                  text: "hello"
                })pb"));
}

// A message may have come at another time than its event.
TEST(EventEncodingTest, AnotherTimeOfTheMessageIsKept) {
  v1::Event event = MakeEventOf(kinds::FindType("message.received"));
  kinds::FindType("message.received")
      .mutable_message(event)
      ->mutable_create_time()
      ->set_nanos(1'000'000);
  EXPECT_THAT(PutTogether(event), EqualsProto(event));
}

TEST(EventEncodingTest, WithoutContentThereIsNoMessage) {
  v1::Event event;
  ASSERT_TRUE(event.ParseFromString(
      WholeEvent(RawId(16, 'e'), "message.received", "ch_1", "", "")));
  EXPECT_EQ(event.payload_case(), v1::Event::PAYLOAD_NOT_SET);
  EXPECT_EQ(event.channel_id(), "ch_1");
}

}  // namespace
}  // namespace linktor::state
