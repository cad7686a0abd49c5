// channel.created: a channel was created.

#include "server/kinds/table.h"

namespace linktor::kinds {

constinit const Kind kChannelCreated = {.type = "channel.created",
                                        .payload = v1::Event::kChannelCreated};

}  // namespace linktor::kinds
