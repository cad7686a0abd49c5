#include "server/webhook/new_event.h"

#include <utility>

#include "google/protobuf/util/time_util.h"
#include "server/base/ids.h"
#include "server/state/event_encoding.h"
#include "server/state/identity.h"

namespace linktor::webhook {
namespace {

using google::protobuf::util::TimeUtil;

// Moves the name and the problem of an unknown item into the event, and copies
// its raw JSON. When the JSON is larger than kMaxRawJson, it sets only the
// size.
void TellUnknown(ParsedItem& parsed, v1::Event& event) {
  v1::UnknownItem* unknown = event.mutable_unknown();
  unknown->set_kind(std::move(parsed.kind));
  unknown->set_problem(std::move(parsed.problem));
  unknown->set_json_path(std::move(parsed.json_path));
  if (parsed.raw.size() <= state::kMaxRawJson) {
    event.set_raw_json(std::string(parsed.raw));
  } else {
    event.set_raw_size(static_cast<std::int64_t>(parsed.raw.size()));
  }
}

// Adds to the message the fields that follow from its event: ids, direction,
// state and times.
void CompleteMessage(const EventSetting& setting, const v1::Event& event,
                     bool inbound, v1::Message& message) {
  const journal::NewEvent& made = setting.event;
  message.set_id(FormatId(
      kMessagePrefix, setting.mid_key.empty() ? made.id() : setting.mid_key));
  message.set_channel_id(made.channel_id());
  message.set_user_id(made.user_id());
  message.set_direction(inbound ? v1::MESSAGE_DIRECTION_INBOUND
                                : v1::MESSAGE_DIRECTION_OUTBOUND);
  message.set_state(inbound ? v1::MESSAGE_STATE_RECEIVED
                            : v1::MESSAGE_STATE_SENT);
  if (inbound) {
    *message.mutable_create_time() = event.receive_time();
    return;
  }
  // The create_time of an echo is not set here. Apply sets it, because only
  // Apply knows whether the echo belongs to a send of this server.
  message.set_origin(v1::MESSAGE_ORIGIN_ELSEWHERE);
  if (made.event_ms() != 0) *message.mutable_echo_time() = event.event_time();
}

}  // namespace

v1::Event MakeNewEvent(ParsedItem& parsed, const EventSetting& setting) {
  const kinds::Kind& kind = *parsed.row;
  const journal::NewEvent& made = setting.event;
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
      TimeUtil::MillisecondsToTimestamp(setting.receive_ms);
  event.set_test(setting.test);
  event.set_self(parsed.self);
  event.set_standby(parsed.form == EnvelopeForm::kStandby);
  event.set_username(setting.username);
  event.set_delivery_id(FormatId(kDeliveryPrefix, setting.delivery_id));
  if (kind.payload == kinds::kUnknown.payload) {
    TellUnknown(parsed, event);
  } else if (kind.mutable_message != nullptr) {
    v1::Message& message = *kind.mutable_message(event);
    message = std::move(parsed.message);
    CompleteMessage(setting, event, !kind.echo, message);
  }
  if (kind.set_target != nullptr) {
    const std::string& mid = kind.target_mid(event);
    kind.set_target(
        FormatId(kMessagePrefix, state::MidKey(made.channel_no(), mid)), event);
  }
  if (kind.add_known != nullptr) {
    kind.add_known(
        [&](std::string_view question, std::string_view payload) {
          return setting.channel.IsIceBreaker(question, payload);
        },
        event);
  }
  return event;
}

}  // namespace linktor::webhook
