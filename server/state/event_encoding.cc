#include "server/state/event_encoding.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/cause_log.h"
#include "server/base/log.h"
#include "server/base/strings.h"

namespace linktor::state {

EventEncoding EncodeNewEvent(v1::Event event) {
  v1::Event head;
  head.mutable_id()->swap(*event.mutable_id());
  head.mutable_type()->swap(*event.mutable_type());
  head.mutable_channel_id()->swap(*event.mutable_channel_id());
  head.mutable_user_id()->swap(*event.mutable_user_id());
  EventEncoding encoded{.whole = head.SerializeAsString(),
                        .stored = event.SerializeAsString()};
  // The two have different fields, so one after the other they are one message.
  encoded.whole.append(encoded.stored);
  return encoded;
}

std::string WholeEvent(const RawId& id, const std::string& type,
                       const std::string& channel_id,
                       const std::string& user_id, std::string_view stored) {
  v1::Event head;
  head.set_id(FormatId(kEventPrefix, id));
  head.set_type(type);
  head.set_channel_id(channel_id);
  head.set_user_id(user_id);
  std::string whole = head.SerializeAsString();
  whole.append(stored);
  return whole;
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
  // This server has serialised both, so they can be parsed.
  (void)merged.ParseFromString(*event.encoded);
  if (!event.decided.empty()) {
    v1::Event decided;
    (void)decided.ParseFromString(event.decided);
    merged.MergeFrom(decided);
  }
  return merged;
}

const std::string& ErasedMark() {
  static const std::string mark = [] {
    v1::Event event;
    event.set_erased(true);
    return event.SerializeAsString();
  }();
  return mark;
}

std::string RawItemId(std::string_view delivery_id, int position) {
  return absl::StrCat(ToAbsl(delivery_id), "#", position);
}

}  // namespace linktor::state
