// channel.deleted: a channel was deleted.

#include "server/kinds/table.h"

namespace linktor::kinds {

constinit const Kind kChannelDeleted = {.type = "channel.deleted",
                                        .payload = v1::Event::kChannelDeleted};

}  // namespace linktor::kinds
