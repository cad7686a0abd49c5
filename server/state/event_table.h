// The log: events, when they came, which of them name a mid, and dedupe keys.
// Used by the writer thread inside its transaction.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/record.pb.h"
#include "server/sqlite/statement.h"
#include "server/state/log_state.h"
#include "server/state/mid_index.h"
#include "server/state/rows.h"

namespace linktor {

class EventTable {
 public:
  // `mid_run`: see MidIndex.
  EventTable(Database& database, RecentMids& recent, std::size_t mid_run);

  MidIndex& mids() { return mids_; }
  const MidIndex& mids() const { return mids_; }

  // What an event is stored with besides itself.
  struct Place {
    std::int64_t time_ms = 0;
    RawId mid_key;
    journal::ItemKind kind = journal::ITEM_KIND_OTHER;
    std::int64_t raw_no = 0;
    // The send that the event tells of; 0 for none.
    std::int64_t message_no = 0;
    std::string overlay;
    // The event in the clear, where it is known; see CommittedEvent::encoded.
    std::shared_ptr<const std::string> clear;
  };
  // Numbers the event and adds it to `events`. Returns its sequence.
  absl::StatusOr<std::int64_t> Append(const journal::NewEvent& event,
                                      const Place& place, LogState& state,
                                      std::vector<CommittedEvent>& events);

  // Instagram's time of the echo with that mid, else when it came; 0 when there
  // is none.
  absl::StatusOr<std::int64_t> EchoTime(std::string_view mid_key);
  // Remembers a dedupe key. False when it was there.
  absl::StatusOr<bool> AddDedupeKey(std::string_view key, std::int64_t born_ms);

  // Deletes at most `limit` events, from the oldest on, up to the first whose
  // age began at or after `before_ms`; never the last one. Returns how many.
  absl::StatusOr<std::int64_t> Trim(std::int64_t before_ms, std::int64_t limit,
                                    LogState& state);
  absl::StatusOr<std::int64_t> TrimDedupe(std::int64_t before_ms,
                                          std::int64_t limit);

 private:
  absl::Status MarkTime(std::int64_t seq, std::int64_t time_ms,
                        LogState& state);
  absl::StatusOr<std::int64_t> TrimBound(std::int64_t before_ms,
                                         std::int64_t limit,
                                         std::int64_t last_seq);

  Statement insert_;
  MidIndex mids_;
  Statement insert_mark_;
  Statement find_time_;
  Statement find_dedupe_;
  Statement insert_dedupe_;
  Statement oldest_;
  Statement trim_mids_;
  Statement trim_messages_;
  Statement insert_message_event_;
  Statement trim_marks_;
  Statement trim_events_;
  Statement trim_dedupe_;
};

// ---- For readers, on their own connection -----------------------------------

// Returns when the oldest event that is kept came, in ms since the epoch; 0
// without events.
absl::StatusOr<std::int64_t> OldestEventMs(Database& database);

// Returns the number of the oldest event that is kept; that of the next event
// while none is.
absl::StatusOr<std::int64_t> OldestSeq(Database& database);

// Returns the number of the first event that is kept and came at or after
// `time_ms`; `last_seq + 1` when none did. Later events may have come before:
// the clock may have been set back.
absl::StatusOr<std::int64_t> FirstSeqSince(Database& database,
                                           std::int64_t time_ms,
                                           std::int64_t last_seq);

}  // namespace linktor
