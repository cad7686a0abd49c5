#include "server/state/event_encoding.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/cause_log.h"
#include "server/base/log.h"
#include "server/base/strings.h"
#include "server/kinds/table.h"

namespace linktor::state {

namespace {

// Returns the message that the event contains; null when it contains none.
v1::Message* MessageWithin(v1::Event& event) {
  if (event.payload_case() == v1::Event::PAYLOAD_NOT_SET) return nullptr;
  const kinds::Kind& kind = kinds::FindPayload(event.payload_case());
  return kind.mutable_message == nullptr ? nullptr
                                         : kind.mutable_message(event);
}

// Removes from the message the fields that only repeat fields of the event: the
// channel, the customer and, for a message of the customer, the time at which
// it came. These fields take a tenth of the bytes of a text event.
void DropRepeated(v1::Event& event) {
  v1::Message* const message = MessageWithin(event);
  if (message == nullptr) return;
  if (message->channel_id() == event.channel_id()) message->clear_channel_id();
  if (message->user_id() == event.user_id()) message->clear_user_id();
  if (message->direction() == v1::MESSAGE_DIRECTION_INBOUND &&
      message->create_time().seconds() == event.receive_time().seconds() &&
      message->create_time().nanos() == event.receive_time().nanos()) {
    message->clear_create_time();
  }
}

// Puts back the fields that DropRepeated has removed.
void AddRepeated(v1::Event& event) {
  v1::Message* const message = MessageWithin(event);
  if (message == nullptr) return;
  if (message->channel_id().empty()) {
    message->set_channel_id(event.channel_id());
  }
  if (message->user_id().empty()) message->set_user_id(event.user_id());
  if (message->direction() == v1::MESSAGE_DIRECTION_INBOUND &&
      !message->has_create_time() && event.has_receive_time()) {
    *message->mutable_create_time() = event.receive_time();
  }
}

}  // namespace

EventEncoding EncodeNewEvent(v1::Event event) {
  EventEncoding encoded{.whole = event.SerializeAsString(), .stored = {}};
  DropRepeated(event);
  event.clear_id();
  event.clear_type();
  event.clear_channel_id();
  event.clear_user_id();
  encoded.stored = event.SerializeAsString();
  return encoded;
}

std::string WholeEvent(const RawId& id, const std::string& type,
                       const std::string& channel_id,
                       const std::string& user_id, std::string_view stored) {
  v1::Event event;
  // EncodeNewEvent has serialised `stored`, so it can be parsed.
  (void)event.ParseFromArray(stored.data(), static_cast<int>(stored.size()));
  event.set_id(FormatId(kEventPrefix, id));
  event.set_type(type);
  event.set_channel_id(channel_id);
  event.set_user_id(user_id);
  AddRepeated(event);
  return event.SerializeAsString();
}

absl::Status OpenEvent(seal::Sealer& sealer, CommittedEvent& event) {
  if (event.encoded != nullptr) return absl::OkStatus();
  std::string stored;
  if (!event.sealed.empty() && !seal::IsErased(event.sealed)) {
    absl::StatusOr<std::string> opened =
        sealer.Open(seal::SealedPlace::kEvent, event.id, event.sealed);
    if (opened.ok()) {
      stored = *std::move(opened);
    } else if (absl::IsDataLoss(opened.status())) {
      LogCause(LogLevel::kError, "event content cannot be opened", "",
               {{"seq", std::to_string(event.seq)},
                {"error", std::string(opened.status().message())}});
    } else {
      return opened.status();
    }
  }
  event.sealed.clear();
  event.encoded = std::make_shared<const std::string>(WholeEvent(
      event.id, event.type, event.channel_id, event.user_id, stored));
  return absl::OkStatus();
}

v1::Event MergeEvent(const CommittedEvent& event) {
  v1::Event merged;
  // This server has serialised `encoded` and `decided`, so they can be parsed.
  (void)merged.ParseFromString(*event.encoded);
  if (!event.decided.empty()) {
    v1::Event decided;
    (void)decided.ParseFromString(event.decided);
    merged.MergeFrom(decided);
  }
  return merged;
}

const std::string& ErasedMark() {
  static const std::string kMark = [] {
    v1::Event event;
    event.set_erased(true);
    return event.SerializeAsString();
  }();
  return kMark;
}

std::string RawItemId(std::string_view delivery_id, int position) {
  return absl::StrCat(ToAbsl(delivery_id), "#", position);
}

}  // namespace linktor::state
