// Which events name a message of Instagram, by a hash of channel and mid. For
// kinds that name a mid it decides what is a duplicate.
//
// Hashes fall anywhere: in one table each new one would write a page of its own
// at every commit. So the newest ones are only in memory (RecentMids; their
// rows in events say the same), and are moved to event_mids in sorted runs, a
// bounded number with each commit, neighbours together. log_state.mids_through
// says up to which event the table is complete.

#pragma once

#include <array>
#include <cstdint>
#include <cstring>
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

namespace linktor {

// An event that names a mid.
struct MidEntry {
  std::array<char, 16> mid{};
  std::int8_t kind = 0;
  std::int64_t seq = 0;
};

// The entries that are in memory. Thread-safe: the writer changes them, readers
// look into them before they look into the table.
class RecentMids {
 public:
  // The sequences of the events that name the mid, oldest first: those of a
  // kind, or all.
  std::vector<std::int64_t> Find(std::string_view mid_key,
                                 journal::ItemKind kind) const;
  std::vector<std::int64_t> FindAll(std::string_view mid_key) const;

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

  void Add(const MidEntry& entry);
  void Remove(const MidEntry& entry);
  void Clear();
  std::size_t size() const;

  mutable Mutex mutex_;
  absl::flat_hash_map<Mid, absl::InlinedVector<Item, 1>, HashOfMid> mids_
      ABSL_GUARDED_BY(mutex_);
  std::size_t size_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Used by the writer thread inside its transaction.
class MidIndex {
 public:
  // Mids that make a run: a few MB of memory, two runs at most.
  static constexpr std::size_t kRunSize = 32'768;

  MidIndex(Database& database, RecentMids& recent,
           std::size_t run_size = kRunSize);

  // Reads what is recent from events: at the start.
  absl::Status Load(const LogState& state);

  // The sequence of the oldest event of that kind; 0 when there is none.
  absl::StatusOr<std::int64_t> Find(std::string_view mid_key,
                                    journal::ItemKind kind);
  // The sequences of all events that name the mid, oldest first.
  absl::StatusOr<std::vector<std::int64_t>> FindAll(std::string_view mid_key);
  void Add(std::string_view mid_key, journal::ItemKind kind, std::int64_t seq);
  // Forgets the entries of events up to `seq`, which are being deleted.
  absl::Status ForgetThrough(std::int64_t seq);
  // Moves a part of a run; before each commit.
  absl::Status Settle(LogState& state);
  // The commit has succeeded.
  void OnCommitted(const LogState& state);

  // Restore takes back what was done since Mark; the database is rolled back
  // by others. `state` is as it was at the mark.
  struct Position {
    std::size_t added = 0;
    std::size_t moved = 0;
    std::int64_t forgotten = 0;
  };
  Position Mark() const { return {added_.size(), moved_, forgotten_seq_}; }
  absl::Status Restore(const Position& position, const LogState& state);

 private:
  absl::Status Read(const LogState& state);
  void BeginRun();

  Database& database_;
  RecentMids& recent_;
  const std::size_t run_size_;
  Statement find_;
  Statement find_all_;
  Statement insert_;
  // Entries of committed events that are in memory and not in a run, by
  // sequence; those of the open transaction follow in added_.
  std::vector<MidEntry> waiting_;
  std::vector<MidEntry> added_;
  // The entries that are being moved, by mid; the first `moved_` are.
  std::vector<MidEntry> run_;
  std::size_t moved_ = 0;
  // The last event of the run.
  std::int64_t run_last_seq_ = 0;
  // Events up to here are deleted.
  std::int64_t forgotten_seq_ = 0;
  // The last event that is committed.
  std::int64_t committed_seq_ = 0;
};

}  // namespace linktor
