#include "server/messaging/outcome.h"

#include <memory>
#include <string>

#include "google/protobuf/util/time_util.h"
#include "linktor/instagram/v1/event.pb.h"
#include "server/base/try.h"
#include "server/messaging/message_view.h"
#include "server/store/event_form.h"
#include "server/store/identity.h"

namespace linktor {
namespace {

using google::protobuf::util::TimeUtil;

struct EventOfState {
  const char* type;
  v1::Message* (v1::Event::*payload)();
};

EventOfState EventOf(v1::MessageState state) {
  switch (state) {
    case v1::MESSAGE_STATE_SENT:
      return {"message.sent", &v1::Event::mutable_message_sent};
    case v1::MESSAGE_STATE_FAILED:
      return {"message.failed", &v1::Event::mutable_message_failed};
    default:
      return {"message.unconfirmed", &v1::Event::mutable_message_unconfirmed};
  }
}

}  // namespace

absl::StatusOr<OutcomeRecord> MakeOutcomeRecord(
    Sealer& sealer, const MessageRow& row, const v1::MessageContent& content,
    const SendEnd& end, std::int64_t now_ms) {
  OutcomeRecord record;
  record.time_ms = now_ms;
  record.message_id = row.id;
  record.expected_state = row.state;
  record.expected_attempt = row.attempt;
  record.state = end.state;
  record.settled_by = end.settled_by;
  record.mid = end.mid;
  if (!end.mid.empty()) record.mid_key = MidKey(row.channel_no, end.mid);
  const KeyScope scope{.channel_no = row.channel_no, .user_id = row.user_id};

  MessageRow after = row;
  after.state = end.state;
  after.settled_by = end.settled_by;
  after.mid = end.mid;
  if (end.state == v1::MESSAGE_STATE_SENT &&
      end.settled_by == v1::SETTLED_BY_ANSWER) {
    after.send_ms = now_ms;
  }
  v1::Message message = DescribeMessage(after);
  SetContent(content, message);
  if (end.state != v1::MESSAGE_STATE_SENT) {
    *message.mutable_error() = ToMessageError(end.error);
    LINKTOR_ASSIGN(
        record.sealed_error,
        sealer.Seal(scope, SealedPlace::kMessageError, row.id,
                    message.error().SerializeAsString(), record.new_keys));
  }

  const EventOfState event_of = EventOf(end.state);
  EventDraft& draft = record.event;
  draft.id = HashedRawId({"outcome", row.id, std::to_string(row.attempt),
                          std::to_string(end.state)});
  draft.type = event_of.type;
  draft.channel_no = row.channel_no;
  draft.channel_id = row.channel_id;
  draft.user_id = row.user_id;
  v1::Event event;
  event.set_id(FormatId(kEventPrefix, draft.id));
  event.set_type(draft.type);
  event.set_channel_id(draft.channel_id);
  event.set_user_id(draft.user_id);
  *event.mutable_receive_time() = TimeUtil::MillisecondsToTimestamp(now_ms);
  *(event.*event_of.payload)() = std::move(message);
  EventForm form = FormOf(std::move(event));
  LINKTOR_ASSIGN(draft.sealed, sealer.Seal(scope, SealedPlace::kEvent, draft.id,
                                           form.stored, record.new_keys));
  draft.encoded = std::make_shared<const std::string>(std::move(form.whole));
  return record;
}

}  // namespace linktor
