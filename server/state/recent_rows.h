// RecentRows holds what some tables do not have yet: entries of the mid index
// (mid_index.h) and heads of conversations (conversation_heads.h). The applying
// thread (the only thread that writes the database) adds them here first, and
// moves them to the tables later. So readers look here before they look into
// the tables. A crash loses nothing, because the rows of the events have the
// same facts.

#pragma once

#include <cstddef>

#include "server/state/conversation_heads.h"
#include "server/state/mid_index.h"

namespace linktor::state {

// The DataFolder object owns the only RecentRows. Both members are thread-safe.
struct RecentRows {
  RecentMids mids;
  RecentHeads heads;
};

// RunSizes says when a run begins. A run is a sorted batch of entries that is
// moved to its table. For the mid index, a run begins when `mids` new entries
// have collected. For the heads of conversations, a run begins after `heads`
// new events. Tests give small numbers, so that runs are moved often.
struct RunSizes {
  std::size_t mids = MidIndex::kRunSize;
  std::size_t heads = ConversationHeads::kRunSize;
};

}  // namespace linktor::state
