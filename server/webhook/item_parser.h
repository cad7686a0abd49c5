// Turns the text of one item into what the table of kinds makes of it. The
// envelope parser has one for each body; nothing else uses it.

#pragma once

#include <simdjson.h>

#include "server/kinds/item_reader.h"
#include "server/webhook/parser.h"

namespace linktor::webhook {

// The limit of the nesting of an item's JSON. Instagram's items are less deep.
inline constexpr std::size_t kMaxItemDepth = 32;
// The limit in bytes of ParsedItem.kind, which can be any key or field that an
// item has. A longer one is cut, because an event must fit into a response.
inline constexpr std::size_t kMaxKind = 64;

// Returns whether the item, which was read, is of a kind that this server
// knows, or is known to say nothing. Others count towards kMaxUnknownItems.
bool IsUnderstood(const ParsedItem& item);

// Parses items one after the other and reuses its buffers for all of them. It
// is used by one thread at a time.
class ItemParser {
 public:
  // Reads item.raw as JSON, where the body as a whole could not be read.
  // Returns null when it cannot be read either: `item` then says why, and is an
  // issue when it is no JSON at all. The result lasts until the next call.
  // Throws std::bad_alloc.
  const simdjson::dom::element* Load(ParsedItem& item);

  // Fills `item` from what was read. It has its raw, form and entry_id and,
  // from the envelope, its kind. `field` is the name beside the value in the
  // forms that have one. An item that does not fit is of kUnknown and says why.
  void Read(std::string_view field, const simdjson::dom::element& root,
            ParsedItem& item);

 private:
  // Makes room for an item of `size` bytes. Returns false when simdjson takes
  // no item of that size. Throws std::bad_alloc.
  bool Reserve(std::size_t size);

  // It owns what root_ and the result of Load point to.
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  kinds::ItemReader reader_;
};

}  // namespace linktor::webhook
