// The mid index finds the events that name a message of Instagram, by a hash of
// channel and mid. For kinds that name a mid it decides what is a duplicate.
//
// Hashes are spread over the whole table, so each new one would write a page of
// its own at every commit. Therefore the newest ones are only in memory, in
// RecentMids; their rows in events say the same. They are moved to event_mids
// in sorted runs, so that neighbours are written together, and a bounded number
// with each commit. log_state.mids_through says up to which event the table is
// complete (ADR 6).
//
// Nearly every mid that is asked for is new, and a MidFilter says so without a
// search in the table. After a start it does not know the table yet: each
// commit reads a part of the table into it, in the order of the mids, and it
// answers for those that it has passed (ADR 21).

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

// A MidEntry says that the event `seq`, which is of that kind, names the mid.
struct MidEntry {
  // It is the hash of channel and mid that MidKey returns.
  std::array<char, 16> mid{};
  // It is a number of ItemKind.
  std::int8_t kind = 0;
  std::int64_t seq = 0;
};

// RecentMids holds the entries that are in memory. The data folder owns it. It
// is thread-safe: the applying thread changes it through MidIndex, and readers
// on any thread look into it before they look into the table. Readers may see
// an entry whose event is not committed yet; they find no event then.
class RecentMids {
 public:
  // These return the sequences of the events that name the mid, oldest first:
  // those of one kind, or those that hold content of the message.
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

  // MidIndex alone calls these.
  void Add(const MidEntry& entry);
  // Removes the entry; it is no error when it is not there.
  void Remove(const MidEntry& entry);
  void Clear();
  std::size_t size() const;

  mutable Mutex mutex_;
  absl::flat_hash_map<Mid, absl::InlinedVector<Item, 1>, HashOfMid> mids_
      ABSL_GUARDED_BY(mutex_);
  // It counts the entries; the map counts the mids.
  std::size_t size_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The Applier calls MidIndex, through EventTable, on the applying thread and
// inside that thread's transaction. An error is the database's. After a failure
// or a rollback Restore must be called before anything else.
class MidIndex {
 public:
  // So many mids make a run; with more than 262,144 events an eighth of them
  // does, at most four times as many. At most about two runs are in memory at a
  // time: by the sizes of their entries 8 MB, or 32 MB with a million events.
  static constexpr std::size_t kRunSize = 32'768;

  // The least that a filter is made for: a million mids take 2 MiB.
  static constexpr std::size_t kFilterSize = std::size_t{1} << 20U;

  // Both must outlive this. Tests give a small `run_size` and `filter_size`, so
  // that runs are moved often, and filters made anew.
  MidIndex(sqlite::Database& database, RecentMids& recent,
           std::size_t run_size = kRunSize,
           std::size_t filter_size = kFilterSize);

  // Reads the entries that are not in the table yet from events. It is called
  // once, at the start.
  absl::Status Load(const LogState& state);

  // Returns the sequence of the oldest event of that kind that names the mid; 0
  // when there is none.
  absl::StatusOr<std::int64_t> Find(std::string_view mid_key,
                                    journal::ItemKind kind);
  // Returns the sequences of the events that hold content of the message of
  // that mid, oldest first: all that name it, but the one that takes it back
  // and those that only say something of it.
  absl::StatusOr<std::vector<std::int64_t>> FindContent(
      std::string_view mid_key);
  // Notes that the event, which is new, names the mid. Readers find it at once,
  // before the commit.
  void Add(std::string_view mid_key, journal::ItemKind kind, std::int64_t seq);
  // Forgets the entries of events up to `seq`, which are being deleted. The
  // table's rows are deleted by EventTable.
  absl::Status ForgetThrough(std::int64_t seq);
  // Moves a part of a run to the table, and sets `mids_through` when the run is
  // done; reads a part of the table into the filter. It is called once before
  // each commit.
  absl::Status Settle(LogState& state);
  // Notes that the commit has succeeded: a run that is done goes out of memory,
  // and the next one begins when enough entries wait. A filter that is full
  // makes room for a larger one.
  void OnCommitted(const LogState& state);

  // Restore undoes in memory what was done since Mark; the database is rolled
  // back by others, before. `state` is as it was at the mark. It reads the
  // events again only when entries were forgotten since.
  using Mid = std::array<char, 16>;
  // Passed says how much of the table is in the filter: the mids up to `mid`,
  // or all of them.
  struct Passed {
    // It is nothing when no part of the table is in the filter.
    std::optional<Mid> mid;
    bool all = false;
  };
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
  // Empties the memory and reads it anew from events, the open transaction's
  // included.
  absl::Status Read(const LogState& state);
  // Returns how many entries make a run now.
  std::size_t RunSize(const LogState& state) const;
  // Returns whether a run is to begin: so many entries wait, or so many events
  // are not in the table, with a mid or without, that a start would read long.
  bool IsRunDue(const LogState& state) const;
  // Makes a sorted run of all entries that wait. None must be under way.
  void BeginRun(const LogState& state);
  // Returns whether the table must be searched for the mid. False says that the
  // table does not have it.
  bool MayBeInTable(std::string_view mid_key) const;
  // Reads the next part of the table into the filter.
  absl::Status FillFilter();
  // Makes a filter that is large enough for the events that are kept. It is
  // empty, and nothing of the table has been passed.
  void MakeFilter(const LogState& state);

  sqlite::Database& database_;
  RecentMids& recent_;
  const std::size_t run_size_;
  const std::size_t filter_size_;
  sqlite::Statement find_;
  sqlite::Statement find_content_;
  sqlite::Statement insert_;
  sqlite::Statement next_;
  // These are entries of committed events, sorted by sequence, that are in
  // memory and not in a run. Those of the open transaction follow in added_.
  std::vector<MidEntry> waiting_;
  std::vector<MidEntry> added_;
  // These entries are being moved. They are sorted by mid, and the first
  // `moved_` of them have been moved. There is a run while `run_through_` is
  // set: to the last event before the run began.
  std::vector<MidEntry> run_;
  std::size_t moved_ = 0;
  std::optional<std::int64_t> run_through_;
  // It has every mid of the table up to passed_, and every one that was moved
  // to the table since the filter was made. A mid that was rolled back or
  // deleted stays in it, which costs a needless search.
  MidFilter filter_;
  Passed passed_;
  // Events up to here are deleted.
  std::int64_t forgotten_seq_ = 0;
  // The last event that is committed.
  std::int64_t committed_seq_ = 0;
};

}  // namespace linktor::state
