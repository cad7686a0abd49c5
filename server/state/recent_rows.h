// What the applying thread moves to its tables in runs, and readers look into
// first, because the tables lack it until then.

#pragma once

#include <cstddef>

#include "server/state/conversation_heads.h"
#include "server/state/mid_index.h"

namespace linktor::state {

// The data folder owns one. Both are thread-safe.
struct RecentRows {
  RecentMids mids;
  RecentHeads heads;
};

// RunSizes says when a run begins: after so many mids, and after so many
// events. Tests give small ones, so that runs are moved often.
struct RunSizes {
  std::size_t mids = MidIndex::kRunSize;
  std::size_t heads = ConversationHeads::kRunSize;
};

}  // namespace linktor::state
