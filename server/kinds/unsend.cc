// An unsend takes a message back. It has no event of its own yet.

#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {

constinit const Kind kUnsend = {
    .type = kUnknownType,
    .payload = v1::Event::kUnknown,
    .key = kMessageKey,
    .name = "unsend",
    .fits = [](const Source& source) { return source.message->deleted(); }};

}  // namespace linktor::kinds
