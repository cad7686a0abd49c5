// This parses a whole body and keeps all items. The parser itself gives out one
// item at a time.

#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "server/webhook/parser.h"
#include "tests/support/item_type.h"

namespace linktor {

// Readable bytes must follow `body`, because ParseWebhook() needs them (see
// padded_body.h).
inline std::vector<kinds::ParsedItem> ParseAll(std::string_view body) {
  std::vector<kinds::ParsedItem> items;
  webhook::ParseWebhook(
      body, [&items](kinds::ParsedItem& item) { items.push_back(item); });
  return items;
}

}  // namespace linktor
