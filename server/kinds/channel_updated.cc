// channel.updated: a channel or its credentials were changed.

#include "server/kinds/table.h"

namespace linktor::kinds {

constinit const Kind kChannelUpdated = {.type = "channel.updated",
                                        .payload = v1::Event::kChannelUpdated};

}  // namespace linktor::kinds
