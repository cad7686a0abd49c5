// What the parser made of a body, as text for golden files.

#pragma once

#include <string>
#include <vector>

#include "server/webhook/parser.h"
#include "tests/support/item_type.h"

namespace linktor::webhook {

const char* NameOf(ItemType type);

std::string Render(const std::vector<ParsedItem>& items);

// Every string an item holds, for checks that go for all of them.
std::vector<std::string> StringsOf(const ParsedItem& item);

}  // namespace linktor::webhook
