// Gives an item an identity, by which a second delivery of it is found, where
// no mid of Instagram's does that. The envelope parser calls it for each item,
// after the item was read. Pure; any thread may call it.

#pragma once

#include <simdjson.h>

#include "server/kinds/parsed_item.h"

namespace linktor::kinds {

// Sets item.content_hash to 32 bytes if the item needs one and has none: a hash
// of what its kind says its identity is, else of the whole item with its keys
// sorted. `root` is the item's JSON, or null when it cannot be read. In that
// case, and for items over 256 KiB, the bytes as they came decide. An issue and
// an ignored item need none.
void Identify(const simdjson::dom::element* root, ParsedItem& item);

}  // namespace linktor::kinds
