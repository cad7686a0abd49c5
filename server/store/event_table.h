// The log: events, which of them name a mid, and dedupe keys.
// Used by the writer thread inside its transaction.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/mid_index.h"
#include "server/store/records.h"
#include "server/store/sqlite.h"

namespace linktor {

// Where the log stands; kept in memory by the writer, in log_state on disk.
struct LogState {
  std::int64_t last_seq = 0;
  std::int64_t oldest_seq = 1;
  std::int64_t log_ms = 0;
  // Numbers of raw items are not used again either.
  std::int64_t last_raw_no = 0;
  // Of all raw items: summing them up would read them all.
  std::int64_t raw_bytes = 0;
};

// Returns when the oldest event that is kept came, in ms since the epoch; 0
// without events. It is for readers, on their own connection.
absl::StatusOr<std::int64_t> OldestEventMs(Database& database);

class EventTable {
 public:
  // `mid_run`: see MidIndex.
  EventTable(Database& database, std::size_t mid_run);

  MidIndex& mids() { return mids_; }

  // What an event is stored with besides its draft.
  struct Place {
    RawId mid_key;
    ItemKind kind = ItemKind::kOther;
    std::int64_t raw_no = 0;
    std::string overlay;
  };
  // Numbers the event and adds it to `committed`. Returns its sequence.
  absl::StatusOr<std::int64_t> Append(const EventDraft& draft,
                                      const Place& place, LogState& state,
                                      std::vector<CommittedEvent>& committed);

  // Instagram's time of the echo with that mid; 0 when there is none.
  absl::StatusOr<std::int64_t> EchoTime(std::string_view mid_key);
  // Remembers a dedupe key. False when it was there.
  absl::StatusOr<bool> AddDedupeKey(std::string_view key, std::int64_t log_ms);

  // Deletes at most `limit` events older than `before_ms`, from the oldest on,
  // never the last one. Returns how many.
  absl::StatusOr<std::int64_t> Trim(std::int64_t before_ms, std::int64_t limit,
                                    LogState& state);
  absl::StatusOr<std::int64_t> TrimDedupe(std::int64_t before_ms,
                                          std::int64_t limit);

 private:
  Database& database_;
  Statement insert_;
  MidIndex mids_;
  Statement find_time_;
  Statement find_dedupe_;
  Statement insert_dedupe_;
  Statement trim_bound_;
  Statement trim_mids_;
  Statement trim_events_;
  Statement trim_dedupe_;
};

// Returns the number of the oldest event that is kept; that of the next event
// while none is.
absl::StatusOr<std::int64_t> OldestSeq(Database& database);

// Returns the number of the first event that is kept and was logged at or after
// `time_ms`; `last_seq + 1` when none was.
absl::StatusOr<std::int64_t> FirstSeqSince(Database& database,
                                           std::int64_t time_ms,
                                           std::int64_t last_seq);

}  // namespace linktor
