// The tables of the log: events, the times at which they came, the mids that
// they name, and dedupe keys. The Applier calls them on the applying thread,
// inside that thread's transaction; readers have functions of their own below.
// An error is the database's, and then the transaction is rolled back. All
// times are in ms since the epoch.

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

namespace linktor::state {

class EventTable {
 public:
  // `mid_run` is explained at MidIndex. Both references must outlive this.
  EventTable(sqlite::Database& database, RecentMids& recent,
             std::size_t mid_run);

  // The Applier loads, saves and rolls back the index, because part of it is in
  // memory.
  MidIndex& mids() { return mids_; }
  const MidIndex& mids() const { return mids_; }

  // A Setting is what an event is stored with besides itself.
  struct Setting {
    // The event came at this time; its age begins then, or as expiry.h says.
    std::int64_t time_ms = 0;
    // The event is appended so late that its age begins at this time and not at
    // the other; 0 for an event that is appended as it comes.
    std::int64_t appended_ms = 0;
    // The event can be found by this mid and kind; no mid means that it cannot.
    RawId mid_key;
    journal::ItemKind kind = journal::ITEM_KIND_OTHER;
    // The item as received has this number; 0 when it is not kept.
    std::int64_t raw_no = 0;
    // The send that the event tells of; 0 for none.
    std::int64_t message_no = 0;
    // These two are what ConversationHeads::Note says of the event.
    std::int64_t before_seq = 0;
    bool advances = false;
    // See CommittedEvent::decided.
    std::string decided;
    // The event in the clear, where it is known; see CommittedEvent::encoded.
    std::shared_ptr<const std::string> clear;

    // Returns the time at which its age begins.
    std::int64_t AgeFrom() const {
      return appended_ms != 0 ? appended_ms : time_ms;
    }
  };
  // Stores the event under the next sequence, which it returns, and adds it to
  // `events`. It advances `state`. On failure the caller takes `state` and the
  // index of mids back, as Applier::Restore does.
  absl::StatusOr<std::int64_t> Append(const journal::NewEvent& event,
                                      const Setting& setting, LogState& state,
                                      std::vector<CommittedEvent>& events);

  // Returns Instagram's time of the event of that kind which names the mid, or
  // the time at which it came where Instagram gave none; 0 when there is no
  // such event.
  absl::StatusOr<std::int64_t> TimeOf(std::string_view mid_key,
                                      journal::ItemKind kind);
  // Returns the event's id; empty when the event is not kept.
  absl::StatusOr<RawId> IdOf(std::int64_t seq);
  // Remembers a dedupe key whose age begins at `born_ms`. Returns false, and
  // changes nothing, when it was there.
  absl::StatusOr<bool> AddDedupeKey(std::string_view key, std::int64_t born_ms);

  // Deletes at most `limit` events, from the oldest on, up to the first whose
  // age began at or after `before_ms`; never the last one. Returns how many. An
  // event whose item as received is still kept stops it, too, and so does the
  // first that is too young: what is kept has no hole.
  absl::StatusOr<std::int64_t> Trim(std::int64_t before_ms, std::int64_t limit,
                                    LogState& state);
  // Forgets dedupe keys whose age began before `before_ms`, at most `limit`,
  // the oldest first. Returns how many.
  absl::StatusOr<std::int64_t> TrimDedupe(std::int64_t before_ms,
                                          std::int64_t limit);

 private:
  // Notes the time of the event for FirstSeqSince. A row is written only once
  // for each 1,024 events, with the latest of their times.
  absl::Status MarkTime(std::int64_t seq, std::int64_t time_ms,
                        LogState& state);
  // Returns the last event that Trim may delete; 0 when there is none.
  absl::StatusOr<std::int64_t> TrimBound(std::int64_t before_ms,
                                         std::int64_t limit,
                                         std::int64_t last_seq);

  sqlite::Statement insert_;
  MidIndex mids_;
  sqlite::Statement insert_mark_;
  sqlite::Statement find_time_;
  sqlite::Statement find_id_;
  sqlite::Statement find_dedupe_;
  sqlite::Statement insert_dedupe_;
  sqlite::Statement oldest_;
  sqlite::Statement trim_mids_;
  sqlite::Statement trim_marks_;
  sqlite::Statement trim_events_;
  sqlite::Statement trim_dedupe_;
};

// ---- For readers, on their own connection -----------------------------------

// Returns the time at which the oldest event that is kept came, in ms since the
// epoch; 0 without events.
absl::StatusOr<std::int64_t> OldestEventMs(sqlite::Database& database);

// Returns the number of the oldest event that is kept; that of the next event
// while none is.
absl::StatusOr<std::int64_t> OldestSeq(sqlite::Database& database);

// Returns the number of the first event that is kept and came at or after
// `time_ms`; `last_seq + 1` when none did. Later events may have come before:
// the clock may have been set back. It reads the marks, and then single
// stretches of 1,024 events, because the whole log would take too long.
absl::StatusOr<std::int64_t> FirstSeqSince(sqlite::Database& database,
                                           std::int64_t time_ms,
                                           std::int64_t last_seq);

// Returns the number of the last event that is kept and came before `time_ms`;
// 0 when none did. Earlier events may have come later: the clock may have been
// set back. It reads as FirstSeqSince does.
absl::StatusOr<std::int64_t> LastSeqBefore(sqlite::Database& database,
                                           std::int64_t time_ms,
                                           std::int64_t last_seq);

}  // namespace linktor::state
