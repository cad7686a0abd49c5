// One item of the envelope. Internal to the parser.

#pragma once

#include <memory>

#include "server/webhook/parser.h"

namespace linktor {

// Parses items one after the other, reusing its buffers. One thread.
class ItemParser {
 public:
  ItemParser();
  ~ItemParser();
  ItemParser(const ItemParser&) = delete;
  ItemParser& operator=(const ItemParser&) = delete;

  // Fills `item`, whose raw, form and entry_id are set, from its raw JSON.
  // `field` is the name beside the value in the forms that have one.
  void Parse(std::string_view field, ParsedItem& item);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace linktor
