// Parses a whole body and keeps its items, which the parser itself hands out
// one at a time.

#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "server/webhook/parser.h"
#include "tests/support/item_type.h"

namespace linktor {

// `body` must be followed by readable bytes, as ParseWebhook needs it.
inline std::vector<kinds::ParsedItem> ParseAll(std::string_view body) {
  std::vector<kinds::ParsedItem> items;
  webhook::ParseWebhook(
      body, [&items](kinds::ParsedItem& item) { items.push_back(item); });
  return items;
}

}  // namespace linktor
