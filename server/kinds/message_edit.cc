// A message_edit accompanies every message with num_edit 0, and says nothing
// then. An edit proper has no event of its own yet.

#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

Result Read(const Source& source, ParsedItem& item) {
  const auto value = Member(source.object, "num_edit");
  if (!value.has_value()) return std::nullopt;
  // Instagram sends a number, and Meta's documents have a string.
  std::int64_t number = -1;
  std::string_view text;
  const bool zero = value->get(number) == simdjson::SUCCESS
                        ? number == 0
                        : value->get(text) == simdjson::SUCCESS && text == "0";
  if (zero) item.fate = Fate::kIgnored;
  return std::nullopt;
}

}  // namespace

constinit const Kind kMessageEdit = {.type = kUnknownType,
                                     .payload = v1::Event::kUnknown,
                                     .key = "message_edit",
                                     .name = "message_edit",
                                     .read = Read};

}  // namespace linktor::kinds
