#include "server/kinds/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "tests/support/proto_matchers.h"

namespace linktor::kinds {
namespace {

TEST(EventTypesTest, ArePayloadsOfTheContractByRule) {
  ASSERT_FALSE(Types().empty());
  for (const std::string& type : Types()) {
    std::string payload = type;
    if (type.starts_with("instagram.")) {
      payload = type.substr(std::string("instagram.").size());
    } else {
      std::replace(payload.begin(), payload.end(), '.', '_');
    }
    const auto* field = v1::Event::descriptor()->FindFieldByName(payload);
    ASSERT_NE(field, nullptr) << type;
    EXPECT_EQ(field->options().GetExtension(v1::event_type), type);
  }
}

std::vector<std::string> PayloadsOfTheContract() {
  std::vector<std::string> types;
  const auto* payload = v1::Event::descriptor()->FindOneofByName("payload");
  types.reserve(static_cast<std::size_t>(payload->field_count()));
  for (int i = 0; i < payload->field_count(); ++i) {
    types.push_back(payload->field(i)->options().GetExtension(v1::event_type));
  }
  return types;
}

TEST(EventTypesTest, AreAllOfTheContractInItsOrder) {
  EXPECT_EQ(Types(), PayloadsOfTheContract());
}

TEST(KindTest, TypeAndPayloadAreOfOneField) {
  for (const Kind* row : kTable) {
    const auto* field = v1::Event::descriptor()->FindFieldByNumber(
        static_cast<int>(row->payload));
    ASSERT_NE(field, nullptr) << row->name;
    EXPECT_EQ(field->options().GetExtension(v1::event_type), row->type);
  }
}

// The first row of a kind that has several stands for all of them.
TEST(KindTest, IsFoundByTypeAndByPayload) {
  for (const Kind* row : kTable) {
    if (row->payload == kUnknown.payload) continue;
    const Kind& found = FindType(row->type);
    EXPECT_EQ(found.type, row->type);
    EXPECT_EQ(&FindPayload(row->payload), &found);
    if (row->payload != v1::Event::kHandover) {
      EXPECT_EQ(&found, row);
    }
  }
  EXPECT_EQ(&FindType("instagram.unheard_of"), &kUnknown);
  EXPECT_EQ(&FindPayload(v1::Event::PAYLOAD_NOT_SET), &kUnknown);
}

// What is asked of a type must be the same for all of its rows.
TEST(KindTest, RowsOfOneTypeDifferOnlyInHowTheyAreRead) {
  for (const Kind* row : kTable) {
    if (row->payload == kUnknown.payload) continue;
    const Kind& found = FindType(row->type);
    EXPECT_EQ(row->mids, found.mids) << row->name;
    EXPECT_EQ(row->echo, found.echo) << row->name;
    EXPECT_EQ(row->own_mid, found.own_mid) << row->name;
    EXPECT_EQ(row->message, found.message) << row->name;
    EXPECT_EQ(row->complete, found.complete) << row->name;
    EXPECT_EQ(row->set_target, found.set_target) << row->name;
  }
}

TEST(KindTest, FieldsAreFound) {
  int fields = 0;
  for (const Kind* row : kTable) {
    if (row->field.empty()) continue;
    ++fields;
    EXPECT_EQ(FindField(row->field), row);
    EXPECT_EQ(row->key, "") << row->field;
    EXPECT_NE(row->read, nullptr) << row->field;
  }
  EXPECT_EQ(fields, 4);
  EXPECT_EQ(FindField(""), nullptr);
  EXPECT_EQ(FindField("feed"), nullptr);
}

TEST(KindTest, TargetIsSetWhereItsMidIs) {
  int targets = 0;
  for (const Kind* row : kTable) {
    ASSERT_EQ(row->target_mid == nullptr, row->set_target == nullptr);
    if (row->set_target == nullptr) continue;
    ++targets;
    v1::Event event;
    row->set_target("msg_1", event);
    EXPECT_EQ(event.payload_case(), row->payload);
    EXPECT_EQ(row->target_mid(event), "");
    const auto& payload = v1::Event::GetReflection()->GetMessage(
        event, v1::Event::descriptor()->FindFieldByNumber(
                   static_cast<int>(row->payload)));
    EXPECT_EQ(
        payload.GetReflection()->GetString(
            payload, payload.GetDescriptor()->FindFieldByName("message_id")),
        "msg_1");
  }
  EXPECT_EQ(targets, 5);
}

// A row without a test of its own hides those of the same key behind it.
TEST(KindTest, NoRowHidesAnother) {
  std::set<std::string_view> closed;
  for (const Kind* row : kTable) {
    if (row->key.empty()) continue;
    EXPECT_FALSE(closed.contains(row->key)) << row->type;
    if (row->fits == nullptr) closed.insert(row->key);
  }
}

TEST(KindTest, MessageIsWhereTheEventHasIt) {
  for (const Kind* row : kTable) {
    ASSERT_EQ(row->message == nullptr, row->mutable_message == nullptr);
    if (row->message == nullptr) continue;
    v1::Event event;
    row->mutable_message(event)->set_text("t");
    EXPECT_EQ(event.payload_case(), row->payload);
    EXPECT_EQ(row->message(event).text(), "t");
    ASSERT_NE(MessageOf(event), nullptr);
    EXPECT_EQ(MessageOf(event)->text(), "t");
  }
  EXPECT_EQ(MessageOf(v1::Event()), nullptr);
}

// GetMessage gives all that the event says.
TEST(KindTest, WholeMessageHasWhatTheEventSaysBesideIt) {
  struct Case {
    const char* event;
    const char* message;
  };
  for (const Case& one : std::initializer_list<Case>{
           {R"pb(quick_reply {
                   payload: "M"
                   message {
                     text: "Medium"
                     direction: MESSAGE_DIRECTION_INBOUND
                   }
                 }
                 event_time { seconds: 7 })pb",
            R"pb(text: "Medium"
                 direction: MESSAGE_DIRECTION_INBOUND
                 quick_reply_payload: "M"
                 event_time { seconds: 7 })pb"},
           {R"pb(story_reply {
                   story_id: "1"
                   story_url: "https://e.x"
                   story_url_expire_time { seconds: 9 }
                   message { text: "Nice" }
                 })pb",
            R"pb(text: "Nice"
                 story {
                   id: "1"
                   url: "https://e.x"
                   url_expire_time { seconds: 9 }
                 })pb"},
           {R"pb(story_mention {
                   media_url: "https://e.x"
                   media_expire_time { seconds: 9 }
                   message { mid: "m" }
                 })pb",
            R"pb(mid: "m"
                 story {
                   url: "https://e.x"
                   url_expire_time { seconds: 9 }
                 })pb"},
           {R"pb(product_share {
                   products { id: "p" name: "Shirt" }
                   message { text: "This" }
                 })pb",
            R"pb(text: "This"
                 products { id: "p" name: "Shirt" })pb"},
           {R"pb(channel_id: "ch"
                 user_id: "42"
                 event_time { seconds: 7 }
                 receive_time { seconds: 8 }
                 postback {
                   mid: "m"
                   title: "Hours?"
                   payload: "HOURS"
                   from_ice_breaker: true
                   referral { ref: "r" }
                   direction: MESSAGE_DIRECTION_INBOUND
                 })pb",
            R"pb(channel_id: "ch"
                 user_id: "42"
                 direction: MESSAGE_DIRECTION_INBOUND
                 state: MESSAGE_STATE_RECEIVED
                 mid: "m"
                 text: "Hours?"
                 postback_payload: "HOURS"
                 from_ice_breaker: true
                 referral { ref: "r" }
                 create_time { seconds: 8 }
                 event_time { seconds: 7 })pb"},
           {R"pb(postback { direction: MESSAGE_DIRECTION_OUTBOUND })pb",
            R"pb(direction: MESSAGE_DIRECTION_OUTBOUND
                 origin: MESSAGE_ORIGIN_ELSEWHERE
                 state: MESSAGE_STATE_SENT
                 create_time {})pb"},
           {R"pb(message_received { text: "Hi" })pb", R"pb(text: "Hi")pb"}}) {
    const auto message = WholeMessage(ParseText<v1::Event>(one.event));
    ASSERT_TRUE(message.has_value()) << one.event;
    EXPECT_THAT(*message, EqualsProto(one.message));
  }
  EXPECT_FALSE(WholeMessage(v1::Event()).has_value());
  EXPECT_FALSE(
      WholeMessage(ParseText<v1::Event>("reaction { mid: 'm' }")).has_value());
}

// What the journal has stored is compared with what these give.
TEST(KindTest, NamesAndSetsOfMidsAreThoseThatAreStored) {
  struct Stored {
    std::string_view type;
    std::string_view name;
    int mids;
  };
  for (const Stored& stored : std::initializer_list<Stored>{
           {"message.received", "message", 1},
           {"instagram.quick_reply", "quick_reply", 1},
           {"instagram.story_reply", "story_reply", 1},
           {"instagram.story_mention", "story_mention", 1},
           {"instagram.product_share", "product_share", 1},
           {"message.echoed", "message", 2},
           {"instagram.postback", "postback", 3},
           {"instagram.reaction", "reaction", 0},
           {"instagram.referral", "referral", 0},
           {"message.read", "read", 0},
           {"message.edited", "message_edit", 5},
           {"message.unsent", "unsend", 4},
           {"instagram.optin", "optin", 0},
           {"instagram.feedback", "response_feedback", 0},
           {"instagram.policy_enforcement", "policy-enforcement", 0},
           {"instagram.comment", "comments", 0},
           {"instagram.live_comment", "live_comments", 0},
           {"instagram.mention", "mentions", 0},
           {"instagram.story_insights", "story_insights", 0}}) {
    const Kind& row = FindType(stored.type);
    EXPECT_EQ(row.name, stored.name);
    EXPECT_EQ(static_cast<int>(row.mids), stored.mids) << stored.type;
  }
  for (const Kind* row :
       {&kPassThreadControl, &kTakeThreadControl, &kRequestThreadControl,
        &kPassThreadMetadata, &kAppRoles}) {
    EXPECT_EQ(row->name, row->key);
    EXPECT_EQ(row->mids, MidSet::kNone);
  }
}

}  // namespace
}  // namespace linktor::kinds
