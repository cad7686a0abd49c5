// instagram.unknown: the items that this server does not know, or cannot read.

#include "server/kinds/table.h"

namespace linktor::kinds {

constinit const Kind kUnknown = {.type = kUnknownType,
                                 .payload = v1::Event::kUnknown};

}  // namespace linktor::kinds
