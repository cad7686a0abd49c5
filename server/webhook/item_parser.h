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
// This is the limit in bytes of ParsedItem.kind, which can be any key or field
// that an item has. A longer kind is cut, because an event must fit into a
// response.
inline constexpr std::size_t kMaxKind = 64;

// Returns whether this server understands the item, after the item was read.
// That is so for an item of a known kind, and for an item that only waits for
// its message (Fate::kWaits). All other items count towards kMaxUnknownItems.
bool IsUnderstood(const ParsedItem& item);

// Parses items one after the other, and uses the same buffers for all of them.
// One thread uses it at a time.
class ItemParser {
 public:
  // Reads item.raw as JSON. It is needed when the body as a whole could not be
  // read. It returns null when the item cannot be read either, and `item` then
  // says why. The item becomes an issue when it is not JSON at all. The result
  // lasts until the next call. Throws std::bad_alloc.
  const simdjson::dom::element* Load(ParsedItem& item);

  // Fills `item` from `root`, the item's JSON that was read. `item` already has
  // its raw, its form and its entry_id and, from the envelope, its kind.
  // `field` is the name beside the value, in the forms that have one. An item
  // that does not fit becomes kUnknown and says why.
  void Read(std::string_view field, const simdjson::dom::element& root,
            ParsedItem& item);

 private:
  // Makes room for an item of `size` bytes. Returns false when simdjson takes
  // no item of that size. Throws std::bad_alloc.
  bool Reserve(std::size_t size);

  // It owns the memory to which root_ and the result of Load point.
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  kinds::ItemReader reader_;
};

}  // namespace linktor::webhook
