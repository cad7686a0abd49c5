// What makes two deliveries of one item the same, where no mid of Instagram's
// says it. Called by the envelope parser for each item. Pure.

#pragma once

#include <simdjson.h>

#include "server/kinds/parsed_item.h"

namespace linktor::kinds {

// Sets item.content_hash to 32 bytes if the item needs one and has none: a hash
// of what its kind says its identity is, else of the whole item with its keys
// sorted. `root` is the item's JSON, or null when it cannot be read; then, and
// for items over 256 KiB, the bytes as they came decide.
void Identify(const simdjson::dom::element* root, ParsedItem& item);

}  // namespace linktor::kinds
