#include "server/kinds/table.h"

#include <algorithm>

#include "server/kinds/parsed_item.h"

namespace linktor::kinds {

const Kind& FindType(std::string_view type) {
  for (const Kind* row : kTable) {
    if (row->type == type && row->payload != kUnknown.payload) return *row;
  }
  return kUnknown;
}

const Kind& FindPayload(v1::Event::PayloadCase payload) {
  for (const Kind* row : kTable) {
    if (row->payload == payload && payload != kUnknown.payload) return *row;
  }
  return kUnknown;
}

const Kind* FindField(std::string_view field) {
  if (field.empty()) return nullptr;
  for (const Kind* row : kTable) {
    if (row->field == field) return row;
  }
  return nullptr;
}

const std::vector<std::string>& Types() {
  static const auto& all = *[] {
    // Several rows can have the same type: those that are delivered as
    // instagram.unknown, and those of a kind that has several keys.
    std::vector<const Kind*> rows(kTable.begin(), kTable.end());
    const auto by_payload = [](const Kind* a, const Kind* b) {
      return a->payload < b->payload;
    };
    const auto equal = [](const Kind* a, const Kind* b) {
      return a->payload == b->payload;
    };
    std::sort(rows.begin(), rows.end(), by_payload);
    rows.erase(std::unique(rows.begin(), rows.end(), equal), rows.end());
    auto* types = new std::vector<std::string>;
    for (const Kind* row : rows) types->emplace_back(row->type);
    return types;
  }();
  return all;
}

const v1::Message* MessageOf(const v1::Event& event) {
  const Kind& kind = FindPayload(event.payload_case());
  return kind.message == nullptr ? nullptr : &kind.message(event);
}

std::optional<v1::Message> WholeMessage(const v1::Event& event) {
  const Kind& kind = FindPayload(event.payload_case());
  if (kind.message == nullptr && kind.complete == nullptr) return std::nullopt;
  v1::Message message;
  if (kind.message != nullptr) {
    message = kind.message(event);
  } else {
    message.set_channel_id(event.channel_id());
    message.set_user_id(event.user_id());
    *message.mutable_create_time() = event.receive_time();
  }
  if (kind.complete != nullptr) kind.complete(event, message);
  for (const Kind* row : kTable) {
    if (row->complete_within != nullptr) row->complete_within(event, message);
  }
  if (message.direction() == v1::MESSAGE_DIRECTION_INBOUND &&
      event.has_event_time()) {
    *message.mutable_event_time() = event.event_time();
  }
  return message;
}

const std::string& MidOf(const ParsedItem& item) {
  return item.row->own_mid == nullptr ? item.message.mid()
                                      : item.row->own_mid(item.payload);
}

bool IsAccount(const ParsedItem& item, std::string_view id) {
  return !id.empty() && (id == item.entry_id || id == item.other_id);
}

v1::MessageDirection DirectionOf(const ParsedItem& item) {
  if (item.by_account) return v1::MESSAGE_DIRECTION_OUTBOUND;
  return item.user_id.empty() && !item.self ? v1::MESSAGE_DIRECTION_UNSPECIFIED
                                            : v1::MESSAGE_DIRECTION_INBOUND;
}

void ClearRead(ParsedItem& item) {
  item.row = &kUnknown;
  item.message.Clear();
  if (item.payload.payload_case() != v1::Event::PAYLOAD_NOT_SET) {
    item.payload.Clear();
  }
}

}  // namespace linktor::kinds
