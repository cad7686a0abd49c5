// Gives an item an identity when it has no mid (Instagram's id of a message)
// that identifies it. A second delivery of the item is recognised by the
// identity. The envelope parser calls this for each item that it has read. It
// is pure; any thread may call it.

#pragma once

#include <simdjson.h>

#include "server/kinds/parsed_item.h"

namespace linktor::kinds {

// Sets item.content_hash to 32 bytes if the item needs a hash and has none. It
// is a hash of the bytes that Kind::identity returns. If the kind has no such
// function, it is a hash of the whole item with the keys of its JSON sorted.
// `root` is the item's JSON, or null when the JSON cannot be read. If `root` is
// null or the item is over 256 KiB, the item's bytes as they came take the
// place of the sorted JSON. An item that is an issue, or that its mid
// identifies, needs no hash.
void Identify(const simdjson::dom::element* root, ParsedItem& item);

}  // namespace linktor::kinds
