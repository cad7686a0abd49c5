#include "server/events/encoded_event.h"

#include <gtest/gtest.h>

#include "linktor/instagram/v1/event_service.pb.h"
#include "tests/support/proto_matchers.h"

namespace linktor::events {
namespace {

const CursorCodec& Cursors() {
  static const CursorCodec kCodec({.log_id = "log-id-1", .epoch = 1});
  return kCodec;
}

state::CommittedEvent Committed(std::int64_t seq, const std::string& text,
                                const std::string& decided = "") {
  const auto event = ParseText<v1::Event>(text);
  return {
      .seq = seq,
      .type = event.type(),
      .channel_id = event.channel_id(),
      .user_id = event.user_id(),
      .encoded = std::make_shared<const std::string>(event.SerializeAsString()),
      .decided = ParseText<v1::Event>(decided).SerializeAsString()};
}

v1::SubscribeEventsResponse Decode(const std::string& wire) {
  v1::SubscribeEventsResponse response;
  EXPECT_TRUE(response.ParseFromString(wire));
  return response;
}

constexpr char kEcho[] = R"pb(
  id: "evt_1"
  type: "message.echoed"
  channel_id: "ch_1"
  user_id: "42"
  message_echoed {
    id: "msg_a"
    text: "hello"
    origin: MESSAGE_ORIGIN_ELSEWHERE
    attachments { type: "image" }
  })pb";

TEST(EncodeEventTest, IsAnEventsFieldWithItsCursor) {
  const EncodedEvent encoded = EncodeEvent(Committed(7, kEcho), Cursors());
  auto want = ParseText<v1::Event>(kEcho);
  want.set_cursor(Cursors().Encode(7));
  const auto response = Decode(encoded.wire);
  ASSERT_EQ(response.events_size(), 1);
  EXPECT_THAT(response.events(0), EqualsProto(want));
}

TEST(EncodeEventTest, KeepsWhatTheFilterNeeds) {
  const EncodedEvent encoded = EncodeEvent(Committed(7, kEcho), Cursors());
  EXPECT_EQ(encoded.seq, 7);
  EXPECT_EQ(encoded.type, "message.echoed");
  EXPECT_EQ(encoded.channel_id, "ch_1");
  EXPECT_EQ(encoded.user_id, "42");
}

TEST(EncodeEventTest, WhatApplyDecidedIsMergedOver) {
  const EncodedEvent encoded =
      EncodeEvent(Committed(7, kEcho, R"pb(message_echoed {
                                             id: "msg_b"
                                             origin: MESSAGE_ORIGIN_API
                                           })pb"),
                  Cursors());
  const auto response = Decode(encoded.wire);
  EXPECT_THAT(response.events(0).message_echoed(),
              EqualsProto(R"pb(id: "msg_b"
                               text: "hello"
                               origin: MESSAGE_ORIGIN_API
                               attachments { type: "image" })pb"));
}

// Some languages' clients replace instead of merging a payload that is there
// twice, so it must not be.
TEST(EncodeEventTest, WhatApplyDecidedLeavesOnePayload) {
  const EncodedEvent encoded = EncodeEvent(
      Committed(7, kEcho, "message_echoed { id: 'msg_b' }"), Cursors());
  const std::string once = Decode(encoded.wire).SerializeAsString();
  EXPECT_EQ(encoded.wire.size(), once.size());
}

TEST(EncodeEventTest, SeveralAndACursorMakeAResponse) {
  std::string bytes;
  for (std::int64_t seq = 1; seq <= 3; ++seq) {
    bytes += EncodeEvent(Committed(seq, kEcho), Cursors()).wire;
  }
  v1::SubscribeEventsResponse tail;
  tail.set_cursor(Cursors().Encode(3));
  bytes += tail.SerializeAsString();
  const auto response = Decode(bytes);
  ASSERT_EQ(response.events_size(), 3);
  EXPECT_EQ(response.events(1).cursor(), Cursors().Encode(2));
  EXPECT_EQ(response.cursor(), Cursors().Encode(3));
}

TEST(EncodeEventTest, EmptyAndLargeEventsAreWholeFieldsToo) {
  EXPECT_EQ(
      Decode(EncodeEvent(Committed(1, ""), Cursors()).wire).events(0).cursor(),
      Cursors().Encode(1));
  const std::string text(300'000, 'x');
  const EncodedEvent large = EncodeEvent(
      Committed(1, "message_received { text: '" + text + "' }"), Cursors());
  EXPECT_EQ(Decode(large.wire).events(0).message_received().text(), text);
}

// What Apply decided names no content, and stays.
TEST(EncodeErasedTest, KeepsItsPlaceAndWhatApplyDecided) {
  state::CommittedEvent committed =
      Committed(7, kEcho, "message_echoed { id: 'msg_b' }");
  committed.id = RawId(16, 'i');
  const EncodedEvent encoded = EncodeEvent(std::move(committed), Cursors());
  const EncodedEvent erased = EncodeErased(encoded, Cursors());
  EXPECT_EQ(erased.seq, 7);
  EXPECT_EQ(erased.type, encoded.type);
  EXPECT_EQ(erased.channel_id, encoded.channel_id);
  EXPECT_EQ(erased.user_id, encoded.user_id);
  auto want = ParseText<v1::Event>(R"pb(
    type: "message.echoed"
    channel_id: "ch_1"
    user_id: "42"
    message_echoed { id: "msg_b" })pb");
  want.set_id(FormatId(kEventPrefix, encoded.id));
  want.set_cursor(Cursors().Encode(7));
  EXPECT_THAT(Decode(erased.wire).events(0), EqualsProto(want));
  EXPECT_EQ(EncodeErased(erased, Cursors()).wire, erased.wire)
      << "an erasure may be repeated";
}

}  // namespace
}  // namespace linktor::events
