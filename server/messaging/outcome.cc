#include "server/messaging/outcome.h"

#include <memory>
#include <string>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "linktor/instagram/v1/event.pb.h"
#include "server/base/try.h"
#include "server/kinds/table.h"
#include "server/messaging/message_view.h"
#include "server/messaging/stored_error.h"
#include "server/state/event_encoding.h"
#include "server/state/identity.h"
#include "server/state/message_event.h"

namespace linktor::messaging {
namespace {

using google::protobuf::util::TimeUtil;

const kinds::Kind& KindOf(v1::MessageState state) {
  switch (state) {
    case v1::MESSAGE_STATE_SENT:
      return kinds::kMessageSent;
    case v1::MESSAGE_STATE_FAILED:
      return kinds::kMessageFailed;
    default:
      return kinds::kMessageUnconfirmed;
  }
}

// Returns the event, and fills in the fields of `event` that are not sealed.
// The id of `event` must be set.
v1::Event DescribeEvent(const state::MessageRow& row, v1::Message message,
                        std::int64_t now_ms, journal::NewEvent& event) {
  const kinds::Kind& kind = KindOf(row.state);
  event.set_type(std::string(kind.type));
  event.set_channel_no(row.channel_no);
  event.set_channel_id(row.channel_id);
  event.set_user_id(row.user_id);
  v1::Event described;
  described.set_id(FormatId(kEventPrefix, event.id()));
  described.set_type(event.type());
  described.set_channel_id(event.channel_id());
  described.set_user_id(event.user_id());
  *described.mutable_receive_time() = TimeUtil::MillisecondsToTimestamp(now_ms);
  *kind.mutable_message(described) = std::move(message);
  return described;
}

// Returns what the event of a send that an echo settles has of its content.
std::string SettledContent(const v1::MessageContent& content) {
  v1::Event event;
  SetContent(content, *kinds::kMessageSent.mutable_message(event));
  return event.SerializeAsString();
}

}  // namespace

absl::StatusOr<OutcomeRecord> MakeOutcomeRecord(
    seal::Sealer& sealer, const state::MessageRow& row,
    const v1::MessageContent& content, const SendEnd& end,
    std::int64_t now_ms) {
  state::MessageRow after = row;
  after.state = end.state;
  after.settled_by = end.state == v1::MESSAGE_STATE_UNCONFIRMED
                         ? v1::SETTLED_BY_UNSPECIFIED
                         : end.settled_by;
  after.mid = end.mid;
  if (end.state == v1::MESSAGE_STATE_SENT &&
      end.settled_by == v1::SETTLED_BY_ANSWER) {
    after.send_ms = now_ms;
  }

  OutcomeRecord made;
  made.appended.record = journal::NewRecord(now_ms);
  journal::SendOutcome& outcome = *made.appended.record.mutable_send_outcome();
  outcome.set_message_id(row.id);
  outcome.set_expected_state(row.state);
  outcome.set_expected_attempt(row.attempt);
  outcome.set_state(after.state);
  outcome.set_settled_by(after.settled_by);
  outcome.set_mid(end.mid);
  if (!end.mid.empty()) {
    outcome.set_mid_key(state::MidKey(row.channel_no, end.mid));
  }
  const seal::KeyScope scope{.channel_no = row.channel_no,
                             .user_id = row.user_id};
  v1::Message message = state::DescribeMessage(after);
  SetContent(content, message);
  if (end.state != v1::MESSAGE_STATE_SENT) {
    *message.mutable_error() = ToMessageError(end.error);
    LINKTOR_ASSIGN(*outcome.mutable_sealed_error(),
                   sealer.Seal(scope, seal::SealedPlace::kMessageError, row.id,
                               SerializeError(end.error), made.new_keys));
  }

  if (end.state == v1::MESSAGE_STATE_UNCONFIRMED) {
    LINKTOR_ASSIGN(*outcome.mutable_sealed_settled(),
                   sealer.Seal(scope, seal::SealedPlace::kEvent,
                               state::SettledEventId(row),
                               SettledContent(content), made.new_keys));
  }

  journal::NewEvent& event = *outcome.mutable_event();
  event.set_id(HashedRawId({"outcome", row.id, std::to_string(row.attempt),
                            std::to_string(end.state)}));
  state::EventEncoding encoded = state::EncodeNewEvent(
      DescribeEvent(after, std::move(message), now_ms, event));
  LINKTOR_ASSIGN(*event.mutable_sealed(),
                 sealer.Seal(scope, seal::SealedPlace::kEvent, event.id(),
                             encoded.stored, made.new_keys));
  made.appended.clear = {
      std::make_shared<const std::string>(std::move(encoded.whole))};
  return made;
}

}  // namespace linktor::messaging
