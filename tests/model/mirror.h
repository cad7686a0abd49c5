// A view that knows nothing but what the feed has told it. What it holds must
// be what the tables hold, whatever happened. It is told on the applying
// thread, and read while nothing is being applied.

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "server/journal/feed.h"
#include "server/state/rows.h"

namespace linktor {

class Mirror {
 public:
  void OnCommit(std::span<const journal::AppliedRecord> records) {
    for (const journal::AppliedRecord& one : records) {
      const state::Effects& effects = one.effects;
      for (const state::MessageRow& row : effects.messages)
        messages[row.id] = row;
      for (const state::ChannelRow& row : effects.channels)
        channels[row.no] = row;
      for (const state::ConversationRow& row : effects.names) {
        names[{row.channel_no, row.user_id}] = row.sealed_username;
      }
      erased.insert(effects.erased_events.begin(), effects.erased_events.end());
      if (effects.due_erasure != 0) due_erasure = effects.due_erasure;
    }
  }

  std::map<RawId, state::MessageRow> messages;
  // The key is the channel's number.
  std::map<std::int64_t, state::ChannelRow> channels;
  // The key is channel and user; user names are sealed.
  std::map<std::pair<std::int64_t, std::string>, std::string> names;
  std::set<std::int64_t> erased;
  std::int64_t due_erasure = 0;
};

}  // namespace linktor
