// One item of the envelope. Internal to the parser.

#pragma once

#include <simdjson.h>

#include <memory>

#include "server/webhook/parser.h"

namespace linktor {

// Deeper items than any of Instagram's.
inline constexpr std::size_t kMaxItemDepth = 32;
// A kind is whatever key or field an item has; longer ones are cut, because an
// event must fit into a response.
inline constexpr std::size_t kMaxKind = 64;

// Clears what was read of a message or another known item.
void ClearRead(ParsedItem& item);

// Parses items one after the other, reusing its buffers. One thread.
class ItemParser {
 public:
  ItemParser();
  ~ItemParser();
  ItemParser(const ItemParser&) = delete;
  ItemParser& operator=(const ItemParser&) = delete;

  // Reads the item's raw JSON. Null when it cannot be read: `item` then says
  // why. Lasts until the next call.
  const simdjson::dom::element* Load(ParsedItem& item);

  // Fills `item`, which has its raw, form, entry_id and, from the envelope, its
  // kind, from what was read.
  // `field` is the name beside the value in the forms that have one.
  void Read(std::string_view field, const simdjson::dom::element& root,
            ParsedItem& item);

  // Whether the item may be one that is known. Quick.
  static bool MayBeKnown(const simdjson::dom::element& root);

  // Fills content_hash if the item needs one. `root` as of Load.
  static void Identify(const simdjson::dom::element* root, ParsedItem& item);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace linktor
