// A record as the views were told of it.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/journal/record.pb.h"
#include "server/state/effects.h"

namespace linktor {

struct ToldRecord {
  journal::Record record;
  state::Answer answer;
  // The sequence and id of each event that came of it.
  std::vector<std::pair<std::int64_t, std::string>> events;
  std::int64_t due_erasure = 0;

  static ToldRecord Of(const journal::Record& record,
                       const state::Effects& effects) {
    ToldRecord told{.record = record,
                    .answer = effects.answer,
                    .events = {},
                    .due_erasure = effects.due_erasure};
    for (const state::CommittedEvent& event : effects.events) {
      told.events.emplace_back(event.seq, event.id);
    }
    return told;
  }
};

// What the answer says, for comparisons and reports.
std::string Describe(const state::Answer& answer);

}  // namespace linktor
