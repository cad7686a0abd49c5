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

const std::vector<std::string>& Types() {
  static const auto& all = *[] {
    // Several rows are delivered as instagram.unknown, and have the same type.
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

const std::string& MidOf(const ParsedItem& item) {
  return item.row->own_mid == nullptr ? item.message.mid()
                                      : item.row->own_mid(item.payload);
}

void ClearRead(ParsedItem& item) {
  item.row = &kUnknown;
  item.message.Clear();
  if (item.payload.payload_case() != v1::Event::PAYLOAD_NOT_SET) {
    item.payload.Clear();
  }
}

}  // namespace linktor::kinds
