// This file has the tables of the event log: the events, the time marks, the
// mids of the events (mid_index.h), and the dedupe keys. Time marks are used to
// find events by their time. A dedupe key shows that an item of a webhook came
// before. An item has a dedupe key when its mid alone does not show this (ADR
// 6).
//
// The Applier (applier.h) calls EventTable on the applying thread (the only
// thread that writes the database), inside that thread's transaction. Readers
// call the functions at the end of this file. Every error comes from the
// database, and then the transaction is rolled back. All times are in ms since
// the epoch.

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
  // `mid_run` is the `run_size` of the MidIndex. `database` and `recent` must
  // outlive this object.
  EventTable(sqlite::Database& database, RecentMids& recent,
             std::size_t mid_run);

  // Returns the mid index. Some entries of the index are only in memory. So the
  // Applier calls Load of the index at the start, Settle before a commit, and
  // Restore after a rollback.
  MidIndex& mids() { return mids_; }
  const MidIndex& mids() const { return mids_; }

  // A Setting has everything that is stored with an event and is not part of
  // the NewEvent (journal/record.proto).
  struct Setting {
    // The event came at this time. The event's age (expiry.h) is counted from
    // this time, unless `appended_ms` is set.
    std::int64_t time_ms = 0;
    // It is set when the event is appended long after it came
    // (redrive_table.h). Then the event's age is counted from this time, so
    // that the event is kept as long as other new events. It is 0 for all other
    // events.
    std::int64_t appended_ms = 0;
    // The mid index finds the event by these two. When `mid_key` is empty, the
    // mid index does not have the event.
    RawId mid_key;
    journal::ItemKind kind = journal::ITEM_KIND_OTHER;
    // This is the number of the received item from which the event was made
    // (delivery_table.h). It is 0 when the received item is not stored.
    std::int64_t raw_no = 0;
    // This is the number of the send that the event tells of (MessageRow::no).
    // It is 0 when the event tells of no send.
    std::int64_t message_no = 0;
    // ConversationHeads::Noted (conversation_heads.h) explains these two.
    std::int64_t before_seq = 0;
    bool advances = false;
    // CommittedEvent::decided (rows.h) explains it.
    std::string decided;
    // This is the event in the clear (not encrypted); see
    // CommittedEvent::encoded. It is null when the event is not known in the
    // clear.
    std::shared_ptr<const std::string> clear;

    // Returns the time from which the event's age is counted. BornMs (expiry.h)
    // turns it into the time at which the age begins.
    std::int64_t AgeFrom() const {
      return appended_ms != 0 ? appended_ms : time_ms;
    }
  };
  // Stores the event under the next sequence, and returns this sequence. It
  // also adds the event to `events`, which are for the views of the feed
  // (effects.h), and updates `state`. After a failure the caller must restore
  // `state` and the mid index, as Applier::Restore does.
  absl::StatusOr<std::int64_t> Append(const journal::NewEvent& event,
                                      const Setting& setting, LogState& state,
                                      std::vector<CommittedEvent>& events);

  // Looks for the oldest event that the mid index has under this mid and this
  // kind. Returns Instagram's time of the event. When Instagram gave no time,
  // it returns the time at which the event came. It returns 0 when there is no
  // such event.
  absl::StatusOr<std::int64_t> TimeOf(std::string_view mid_key,
                                      journal::ItemKind kind);
  // Returns the id of the event. It is empty when the event is not kept any
  // more.
  absl::StatusOr<RawId> IdOf(std::int64_t seq);
  // Stores a dedupe key whose age begins at `born_ms`, and returns true. It
  // returns false, and changes nothing, when the key is stored already.
  absl::StatusOr<bool> AddDedupeKey(std::string_view key, std::int64_t born_ms);

  // Deletes at most `limit` events, from the oldest on, with their mids and
  // their time marks. Returns how many events it has deleted. It stops at the
  // first event that must stay, so that the sequences of the kept events have
  // no gap. An event must stay when its age began at or after `before_ms`. An
  // event must also stay while its received item is stored, because an erasure
  // finds the item by the event. The last event of the log always stays.
  absl::StatusOr<std::int64_t> Trim(std::int64_t before_ms, std::int64_t limit,
                                    LogState& state);
  // Deletes at most `limit` dedupe keys whose age began before `before_ms`, the
  // oldest first. Returns how many it has deleted.
  absl::StatusOr<std::int64_t> TrimDedupe(std::int64_t before_ms,
                                          std::int64_t limit);

 private:
  // Notes the time of the event for FirstSeqSince and LastSeqBefore. It stores
  // a time mark only once for each 1,024 events. The mark has the latest and
  // the earliest of their times. Until the mark is stored, `state` has these
  // two times.
  absl::Status MarkTime(std::int64_t seq, std::int64_t time_ms,
                        LogState& state);
  // Returns the last event that Trim may delete; 0 when it may delete none.
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

// Returns the time at which the oldest kept event came. It returns 0 when no
// event is kept.
absl::StatusOr<std::int64_t> OldestEventMs(sqlite::Database& database);

// Returns the sequence of the oldest event that is kept. While none is kept, it
// returns the sequence that the next event will have.
absl::StatusOr<std::int64_t> OldestSeq(sqlite::Database& database);

// Looks at the events up to `last_seq`. Returns the sequence of the first event
// that is kept and came at or after `time_ms`. When there is none, it returns
// `last_seq` + 1. Events after the returned one may have come before `time_ms`,
// because the clock may have been set back. To read the whole event log would
// take too long. So the function uses the time marks to read only the groups of
// 1,024 events that can have the answer.
absl::StatusOr<std::int64_t> FirstSeqSince(sqlite::Database& database,
                                           std::int64_t time_ms,
                                           std::int64_t last_seq);

// Looks at the events up to `last_seq`. Returns the sequence of the last event
// that is kept and came before `time_ms`. When there is none, it returns 0.
// Events before the returned one may have come at or after `time_ms`, because
// the clock may have been set back. Like FirstSeqSince, it uses the time marks
// to read only the groups of events that can have the answer.
absl::StatusOr<std::int64_t> LastSeqBefore(sqlite::Database& database,
                                           std::int64_t time_ms,
                                           std::int64_t last_seq);

}  // namespace linktor::state
