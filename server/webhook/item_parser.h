// Parses the text of one item by the table of kinds (kinds/table.h). The
// envelope parser in parser.cc has one ItemParser for each body. Nothing else
// uses it.

#pragma once

#include <simdjson.h>

#include "server/kinds/item_reader.h"
#include "server/webhook/parser.h"

namespace linktor::webhook {

// This is the limit of the nesting of an item's JSON. Instagram's items are
// less deep.
inline constexpr std::size_t kMaxItemDepth = 32;
// This is the limit in bytes of ParsedItem.kind. The kind of an unknown item is
// the name of any key or field that came with the item. A longer name is cut,
// because an event must fit into a response.
inline constexpr std::size_t kMaxKind = 64;

// Returns whether this server understands the item, after the item was read.
// The server understands an item of a known kind, and an item that only waits
// for its message (Fate::kWaits). All other items count towards
// kMaxUnknownItems.
bool IsUnderstood(const ParsedItem& item);

// Parses items one after the other, and uses the same buffers for all of them.
// One thread uses it at a time.
class ItemParser {
 public:
  // Reads item.raw as JSON. The envelope parser calls Load when the body as a
  // whole could not be read. Load returns null when the item cannot be read
  // either, and `item` then says why. The item becomes an issue when it is not
  // JSON at all. The result is valid until the next call of Load. Throws
  // std::bad_alloc.
  const simdjson::dom::element* Load(ParsedItem& item);

  // Fills `item` from `root`, which is the item's JSON after it was read.
  // `item` already has its raw text, its form and its entry_id. If the envelope
  // gives a name for the item, `item` has this name as its kind. `field` is the
  // name that stands beside the item in the envelope (see ParsedItem::field);
  // it is empty when there is no such name. An item that does not fit its kind
  // becomes kUnknown and says why.
  void Read(std::string_view field, const simdjson::dom::element& root,
            ParsedItem& item);

 private:
  // Makes room for an item of `size` bytes. Returns false when simdjson does
  // not accept an item of that size. Throws std::bad_alloc.
  bool Reserve(std::size_t size);

  // The parser owns the memory to which root_ and the result of Load point.
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  kinds::ItemReader reader_;
};

}  // namespace linktor::webhook
