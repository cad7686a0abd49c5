// What the account writes to itself has no event of its own yet.

#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {

constinit const Kind kSelf = {
    .type = kUnknownType,
    .payload = v1::Event::kUnknown,
    .key = kMessageKey,
    .name = "self",
    .fits = [](const Source& source) { return source.self; }};

}  // namespace linktor::kinds
