#include "server/webhook/event_draft.h"

#include <utility>

#include "google/protobuf/util/time_util.h"
#include "server/base/ids.h"
#include "server/state/event_form.h"
#include "server/state/identity.h"

namespace linktor {
namespace {

using google::protobuf::util::TimeUtil;

void DescribeUnknown(ParsedItem& parsed, v1::Event& event) {
  v1::UnknownItem* unknown = event.mutable_unknown();
  unknown->set_kind(std::move(parsed.kind));
  unknown->set_problem(std::move(parsed.problem));
  unknown->set_json_path(std::move(parsed.json_path));
  if (parsed.raw.size() <= kMaxRawJson) {
    event.set_raw_json(std::string(parsed.raw));
  } else {
    event.set_raw_size(static_cast<std::int64_t>(parsed.raw.size()));
  }
}

void CompleteMessage(const EventFrame& frame, const v1::Event& event,
                     bool inbound, v1::Message& message) {
  const journal::NewEvent& made = frame.event;
  message.set_id(FormatId(kMessagePrefix,
                          frame.mid_key.empty() ? made.id() : frame.mid_key));
  message.set_channel_id(made.channel_id());
  message.set_user_id(made.user_id());
  message.set_direction(inbound ? v1::MESSAGE_DIRECTION_INBOUND
                                : v1::MESSAGE_DIRECTION_OUTBOUND);
  message.set_state(inbound ? v1::MESSAGE_STATE_RECEIVED
                            : v1::MESSAGE_STATE_SENT);
  *message.mutable_create_time() = event.receive_time();
  if (inbound) return;
  message.set_origin(v1::MESSAGE_ORIGIN_ELSEWHERE);
  if (made.event_ms() != 0) *message.mutable_echo_time() = event.event_time();
}

// Returns where in the event the message belongs; null for what is no message.
v1::Message* MessageOf(ItemType type, v1::Event& event) {
  switch (type) {
    case ItemType::kMessage:
      return event.mutable_message_received();
    case ItemType::kEcho:
      return event.mutable_message_echoed();
    case ItemType::kQuickReply:
      return event.mutable_quick_reply()->mutable_message();
    case ItemType::kStoryReply:
      return event.mutable_story_reply()->mutable_message();
    case ItemType::kStoryMention:
      return event.mutable_story_mention()->mutable_message();
    case ItemType::kProductShare:
      return event.mutable_product_share()->mutable_message();
    default:
      return nullptr;
  }
}

}  // namespace

std::string_view EventTypeOf(ItemType type) {
  switch (type) {
    case ItemType::kMessage:
      return "message.received";
    case ItemType::kEcho:
      return "message.echoed";
    case ItemType::kQuickReply:
      return "instagram.quick_reply";
    case ItemType::kStoryReply:
      return "instagram.story_reply";
    case ItemType::kStoryMention:
      return "instagram.story_mention";
    case ItemType::kProductShare:
      return "instagram.product_share";
    case ItemType::kPostback:
      return "instagram.postback";
    case ItemType::kReaction:
      return "instagram.reaction";
    case ItemType::kIgnored:
    case ItemType::kUnknown:
    case ItemType::kIssue:
      break;
  }
  return "instagram.unknown";
}

journal::ItemKind KindOf(ItemType type) {
  switch (type) {
    case ItemType::kMessage:
    case ItemType::kQuickReply:
    case ItemType::kStoryReply:
    case ItemType::kStoryMention:
    case ItemType::kProductShare:
      return journal::ITEM_KIND_MESSAGE;
    case ItemType::kEcho:
      return journal::ITEM_KIND_ECHO;
    case ItemType::kPostback:
      return journal::ITEM_KIND_POSTBACK;
    default:
      return journal::ITEM_KIND_OTHER;
  }
}

v1::Event DescribeItem(ParsedItem& parsed, const EventFrame& frame) {
  const journal::NewEvent& made = frame.event;
  v1::Event event = std::move(parsed.payload);
  event.set_id(FormatId(kEventPrefix, made.id()));
  event.set_type(made.type());
  event.set_channel_id(made.channel_id());
  event.set_user_id(made.user_id());
  if (made.event_ms() != 0) {
    *event.mutable_event_time() =
        TimeUtil::MillisecondsToTimestamp(made.event_ms());
  }
  *event.mutable_receive_time() =
      TimeUtil::MillisecondsToTimestamp(frame.receive_ms);
  event.set_test(frame.test);
  event.set_standby(parsed.form == EnvelopeForm::kStandby);
  event.set_username(frame.username);
  event.set_delivery_id(FormatId(kDeliveryPrefix, frame.delivery_id));
  if (v1::Message* message = MessageOf(parsed.type, event)) {
    *message = std::move(parsed.message);
    CompleteMessage(frame, event, parsed.type != ItemType::kEcho, *message);
  } else if (parsed.type == ItemType::kPostback) {
    v1::Postback& postback = *event.mutable_postback();
    if (frame.channel.IsIceBreaker(postback.title(), postback.payload())) {
      postback.set_from_ice_breaker(true);
    }
  } else if (parsed.type == ItemType::kReaction) {
    v1::Reaction& reaction = *event.mutable_reaction();
    reaction.set_message_id(
        FormatId(kMessagePrefix, MidKey(made.channel_no(), reaction.mid())));
  } else {
    DescribeUnknown(parsed, event);
  }
  return event;
}

}  // namespace linktor
