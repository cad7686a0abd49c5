// A body's items, kept.

#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "server/webhook/parser.h"

namespace linktor {

// `body` as for ParseWebhook.
inline std::vector<ParsedItem> ParseAll(std::string_view body) {
  std::vector<ParsedItem> items;
  ParseWebhook(body, [&items](ParsedItem& item) { items.push_back(item); });
  return items;
}

}  // namespace linktor
