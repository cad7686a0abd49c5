// The mid index finds the events that name a message of Instagram: the event
// that brought the message, and events about the message, such as an edit or a
// reaction. It finds them by the mid key. A mid key is a hash of the channel
// and the mid, which is Instagram's id of the message (identity.h). Apply also
// finds duplicates with it: for an item of a webhook that has no dedupe key,
// the mid index decides whether the item came before (ADR 6).
//
// Mid keys are hashes, so the new mid keys of a commit belong on many different
// pages of the table event_mids. If every commit wrote them there, it would
// write one page for each mid. Therefore the newest entries (see MidEntry) are
// only in memory, in RecentMids. A crash does not lose them, because the row of
// each event has its mid key, too, and a start reads the newest entries from
// there. The entries are moved to the table in runs. A run is a sorted list of
// entries that are in memory. Each commit moves a bounded number of them.
// Because the list is sorted, entries that are neighbours in the table are
// written together. log_state.mids_through says up to which event the table is
// complete (ADR 8).
//
// Nearly every mid that Apply looks for is new. A MidFilter (mid_filter.h) in
// memory recognises nearly all new mids, so that the table need not be searched
// for them. A start does not read the table into the filter. Instead, each
// commit reads a part of the table, in the order of the mid keys. Until the
// whole table is read, the filter answers only for mids up to the last one that
// was read. For all other mids the table is searched (ADR 21).

#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/mutex.h"
#include "server/journal/record.pb.h"
#include "server/sqlite/statement.h"
#include "server/state/log_state.h"
#include "server/state/mid_filter.h"

namespace linktor::state {

// A MidEntry says that the event with the sequence `seq` names a mid.
struct MidEntry {
  // It is the mid key.
  std::array<char, 16> mid{};
  // It is the kind of the event, a number of ItemKind (journal/record.proto).
  std::int8_t kind = 0;
  std::int64_t seq = 0;
};

// RecentMids holds the entries that are in memory. The DataFolder object owns
// it. It is thread-safe. The applying thread (the only thread that writes the
// database) changes it through MidIndex. Readers on any thread look into it
// before they look into the table. So they miss no entry: when an entry leaves
// the memory, the table has it already. Readers may see an entry before its
// event is committed. Then they do not find the event in the database.
class RecentMids {
 public:
  // These two return the sequences of events that name the mid, the oldest
  // first. Find returns the events of that kind. FindContent returns the events
  // that MidIndex::FindContent describes.
  std::vector<std::int64_t> Find(std::string_view mid_key,
                                 journal::ItemKind kind) const;
  std::vector<std::int64_t> FindContent(std::string_view mid_key) const;

 private:
  friend class MidIndex;
  using Mid = std::array<char, 16>;
  struct HashOfMid {
    std::size_t operator()(const Mid& mid) const {
      // The mid is a hash already.
      std::size_t bits = 0;
      std::memcpy(&bits, mid.data(), sizeof(bits));
      return bits;
    }
  };
  struct Item {
    std::int64_t seq = 0;
    std::int8_t kind = 0;
  };

  // Only MidIndex calls these four functions.
  void Add(const MidEntry& entry);
  // Removes the entry; it is no error when it is not there.
  void Remove(const MidEntry& entry);
  void Clear();
  std::size_t size() const;

  mutable Mutex mutex_;
  absl::flat_hash_map<Mid, absl::InlinedVector<Item, 1>, HashOfMid> mids_
      ABSL_GUARDED_BY(mutex_);
  // It counts the entries. A mid may have several entries, so the size of
  // `mids_` is not this number.
  std::size_t size_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The Applier (applier.h) calls MidIndex, through EventTable, on the applying
// thread and inside that thread's transaction. Every error comes from the
// database. After a failure or a rollback Restore must be called before
// anything else.
class MidIndex {
 public:
  // A run begins when this many entries wait in memory for the next run. When
  // more than 262,144 events are kept, the number is one eighth of the number
  // of these events, but at most four times kRunSize. A larger table needs
  // larger runs, because otherwise few entries of a run would be on the same
  // page. At most about two runs are in memory at a time. By the sizes of their
  // entries they take 8 MB, or 32 MB when a million events are kept.
  static constexpr std::size_t kRunSize = 32'768;

  // The filter has room for at least this many mids. A filter for a million
  // mids takes 2 MiB.
  static constexpr std::size_t kFilterSize = std::size_t{1} << 20U;

  // `database` and `recent` must outlive this object. Tests give a small
  // `run_size` and a small `filter_size`, so that runs are moved often, and the
  // filter is replaced often.
  MidIndex(sqlite::Database& database, RecentMids& recent,
           std::size_t run_size = kRunSize,
           std::size_t filter_size = kFilterSize);

  // Reads from the events the entries that are not in the table yet. It is
  // called once, at the start.
  absl::Status Load(const LogState& state);

  // Returns the sequence of the oldest event of that kind that names the mid; 0
  // when there is none.
  absl::StatusOr<std::int64_t> Find(std::string_view mid_key,
                                    journal::ItemKind kind);
  // Returns the sequences of the events that hold content of the message with
  // that mid, the oldest first. These are all events that name the mid, except
  // two kinds: the event that says that the message was unsent, and events that
  // only say something about the message, such as reactions.
  absl::StatusOr<std::vector<std::int64_t>> FindContent(
      std::string_view mid_key);
  // Notes that the new event `seq` names the mid. Readers find this entry at
  // once, before the commit.
  void Add(std::string_view mid_key, journal::ItemKind kind, std::int64_t seq);
  // Removes from memory the entries of all events up to `seq`, because these
  // events are being deleted. EventTable deletes the rows of the table.
  absl::Status ForgetThrough(std::int64_t seq);
  // Moves a part of the run to the table. It sets `mids_through` in `state`
  // when the whole run is moved. It also reads a part of the table into the
  // filter. It is called once before each commit.
  absl::Status Settle(LogState& state);
  // Notes that the commit has succeeded. When the whole run is moved, its
  // entries leave the memory. A new run begins when enough entries wait. When
  // the filter has too many mids, an empty filter replaces it, and the next
  // commits read the table into the new filter.
  void OnCommitted(const LogState& state);

  // Restore takes the entries in memory back to what they were at the time of
  // Mark. The caller must have rolled back the database before. `state` is the
  // state of the event log at the time of Mark. Restore reads the entries from
  // the events again only when ForgetThrough has removed entries since Mark.
  using Mid = std::array<char, 16>;
  // A Passed says which part of the table was read into the filter: all mids up
  // to `mid`, or with `all` the whole table.
  struct Passed {
    // It is nullopt when no part of the table was read.
    std::optional<Mid> mid;
    bool all = false;
  };
  // A Position describes what this object keeps in memory at the time of Mark:
  // how many entries the open transaction has added, how many entries of the
  // run have been moved, and up to which event entries were forgotten.
  struct Position {
    std::size_t added = 0;
    std::size_t moved = 0;
    std::int64_t forgotten = 0;
    Passed passed;
  };
  Position Mark() const {
    return {added_.size(), moved_, forgotten_seq_, passed_};
  }
  absl::Status Restore(const Position& position, const LogState& state);

 private:
  // Empties the memory, and reads the entries from the events again. It also
  // reads events of the open transaction.
  absl::Status Read(const LogState& state);
  // Returns how many entries must wait at present before a run begins.
  std::size_t RunSize(const LogState& state) const;
  // Returns whether a run must begin, because enough entries wait. A run must
  // also begin when very many events are newer than the table, even if few of
  // them name a mid. Otherwise the next start would have to read too many
  // events.
  bool IsRunDue(const LogState& state) const;
  // Begins a run: sorts all entries that wait. No other run may be under way.
  void BeginRun(const LogState& state);
  // Returns whether the table must be searched for the mid. When it returns
  // false, the table does not have the mid.
  bool MayBeInTable(std::string_view mid_key) const;
  // Reads the next part of the table into the filter.
  absl::Status FillFilter();
  // Replaces the filter with an empty one, into which no part of the table is
  // read yet. Its size depends on the number of events that are kept, and is at
  // most 32 MiB.
  void MakeFilter(const LogState& state);

  sqlite::Database& database_;
  RecentMids& recent_;
  const std::size_t run_size_;
  const std::size_t filter_size_;
  sqlite::Statement find_;
  sqlite::Statement find_content_;
  sqlite::Statement insert_;
  sqlite::Statement next_;
  // `waiting_` has the entries of committed events that belong to no run yet,
  // sorted by sequence. `added_` has the entries of the open transaction, which
  // are newer.
  std::vector<MidEntry> waiting_;
  std::vector<MidEntry> added_;
  // These are the entries of the run, sorted by mid. The first `moved_` entries
  // have been moved to the table. A run is under way while `run_through_` is
  // set; `run_through_` is the last event before the run began.
  std::vector<MidEntry> run_;
  std::size_t moved_ = 0;
  std::optional<std::int64_t> run_through_;
  // It has every mid of the table up to `passed_`. It also has every mid that
  // was moved to the table since the filter was made. A mid whose row was
  // rolled back or deleted stays in the filter. This only costs a search that
  // finds nothing.
  MidFilter filter_;
  Passed passed_;
  // ForgetThrough was called for the events up to this sequence.
  std::int64_t forgotten_seq_ = 0;
  // This is the last event that is committed.
  std::int64_t committed_seq_ = 0;
};

}  // namespace linktor::state
