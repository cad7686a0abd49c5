#include "server/store/event_form.h"

#include <utility>

namespace linktor {

EventForm FormOf(v1::Event event) {
  v1::Event head;
  head.mutable_id()->swap(*event.mutable_id());
  head.mutable_type()->swap(*event.mutable_type());
  head.mutable_channel_id()->swap(*event.mutable_channel_id());
  head.mutable_user_id()->swap(*event.mutable_user_id());
  EventForm form{.whole = head.SerializeAsString(),
                 .stored = event.SerializeAsString()};
  // Different fields: one after the other they are one message.
  form.whole.append(form.stored);
  return form;
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

}  // namespace linktor
