// Gives an identity to an item that has no mid (Instagram's id of a message) of
// its own. When Meta delivers the item a second time, the server recognises it
// by its identity. The envelope parser calls this function for each item that
// it has read. The function is pure, and any thread may call it.

#pragma once

#include <simdjson.h>

#include "server/kinds/parsed_item.h"

namespace linktor::kinds {

// Sets item.content_hash to a hash of 32 bytes, if the item needs a hash and
// has none. An issue needs no hash, and neither does an item that its mid
// identifies. The hash is of the bytes that Kind::identity returns. If the kind
// has no such function, the hash is of the item's JSON with its keys sorted. If
// the JSON cannot be read, or the item is over 256 KiB, the hash is of the
// item's bytes as they came. `root` is the item's JSON, or null when the JSON
// cannot be read.
void Identify(const simdjson::dom::element* root, ParsedItem& item);

}  // namespace linktor::kinds
