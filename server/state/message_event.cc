#include "server/state/message_event.h"

#include <cstdint>
#include <string>

#include "google/protobuf/util/time_util.h"

namespace linktor::state {
namespace {

using google::protobuf::util::TimeUtil;

}  // namespace

v1::Message DescribeMessage(const MessageRow& row) {
  v1::Message message;
  message.set_id(FormatId(kMessagePrefix, row.id));
  message.set_channel_id(row.channel_id);
  message.set_user_id(row.user_id);
  // Every send has a customer. Its user id is empty only after the person was
  // erased.
  message.set_erased(row.user_id.empty());
  message.set_direction(v1::MESSAGE_DIRECTION_OUTBOUND);
  message.set_origin(v1::MESSAGE_ORIGIN_API);
  message.set_state(row.state);
  message.set_mid(row.mid);
  message.set_request_id(row.request_id);
  message.set_settled_by(row.settled_by);
  message.set_attempt(row.attempt);
  message.set_api_key_id(row.api_key_id);
  *message.mutable_create_time() =
      TimeUtil::MillisecondsToTimestamp(row.create_ms);
  if (row.send_ms != 0) {
    *message.mutable_send_time() =
        TimeUtil::MillisecondsToTimestamp(row.send_ms);
  }
  if (row.echo_ms != 0) {
    *message.mutable_echo_time() =
        TimeUtil::MillisecondsToTimestamp(row.echo_ms);
  }
  if (row.retract_ms != 0) {
    *message.mutable_retract_time() =
        TimeUtil::MillisecondsToTimestamp(row.retract_ms);
  }
  return message;
}

RawId SettledEventId(const MessageRow& row) {
  return HashedRawId({"settled", row.id, std::to_string(row.attempt)});
}

}  // namespace linktor::state
