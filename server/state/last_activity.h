// The last activity of each customer opens the messaging window, and every
// message moves it. Customers who write at the same time are spread over the
// whole table of conversations, so each would cost a page of it at every
// commit. Therefore the newest activities are only in memory, in
// RecentActivity; the events that made them say the same. They are moved to the
// table in sorted runs, so that neighbours are written together, one row for
// all that a customer wrote meanwhile, and a bounded number with each commit.
// log_state.activity_through says up to which event the table is complete
// (ADR 22).

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/mutex.h"
#include "server/sqlite/statement.h"
#include "server/state/log_state.h"

namespace linktor {

// A CustomerKey names a customer of a channel.
struct CustomerKey {
  std::int64_t channel_no = 0;
  std::string user_id;

  friend bool operator==(const CustomerKey&, const CustomerKey&) = default;
  friend auto operator<=>(const CustomerKey&, const CustomerKey&) = default;
};

// RecentActivity holds what is in memory. The data folder owns it. It is
// thread-safe: the applying thread changes it through LastActivity, after a
// commit, and readers on any thread look into it before they begin the snapshot
// in which they look into the table. So they miss nothing: what leaves the
// memory is in the table by then.
class RecentActivity {
 public:
  // Returns the customer's last activity, in ms since the epoch; nothing when
  // the table has it, or when there is none.
  std::optional<std::int64_t> Find(std::int64_t channel_no,
                                   std::string_view user_id) const;

 private:
  friend class LastActivity;
  // The event `seq` made the activity.
  struct Entry {
    std::int64_t time_ms = 0;
    std::int64_t seq = 0;
  };
  using KeyView = std::pair<std::int64_t, std::string_view>;
  static KeyView ViewOf(const CustomerKey& key) {
    return {key.channel_no, key.user_id};
  }
  static KeyView ViewOf(const KeyView& key) { return key; }
  struct HashOfKey {
    using is_transparent = void;
    template <typename Key>
    std::size_t operator()(const Key& key) const {
      return absl::HashOf(ViewOf(key));
    }
  };
  struct EqualKeys {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return ViewOf(a) == ViewOf(b);
    }
  };
  using Entries = absl::flat_hash_map<CustomerKey, Entry, HashOfKey, EqualKeys>;

  mutable Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
};

// ConversationTable and the Applier call LastActivity on the applying thread
// and inside that thread's transaction. An error is the database's. After a
// failure or a rollback Restore must be called before anything else. Times are
// in ms since the epoch.
class LastActivity {
 public:
  // A run begins after so many events. At most about two runs of customers are
  // in memory at a time, each with about 150 bytes.
  static constexpr std::size_t kRunSize = 16'384;

  // Both must outlive this. Tests give a small `run_size`, so that runs are
  // moved often.
  LastActivity(Database& database, RecentActivity& recent,
               std::size_t run_size = kRunSize);

  // Reads from events what is not in the table yet. It is called once, at the
  // start.
  absl::Status Load(const LogState& state);

  // Returns the customer's last activity where it is in memory, the open
  // transaction included. Nothing says that the table has it, if there is one.
  std::optional<std::int64_t> InMemory(std::int64_t channel_no,
                                       std::string_view user_id) const;
  // Notes that the customer has done something at `time_ms`, which the event
  // `seq` tells; it was received at `receive_ms`. A later time that is known
  // stays, unless it lies after `receive_ms`: then a clock was wrong when it
  // was written. Returns whether the activity has moved; the event's row must
  // say so, because Load reads it there. Later calls have greater sequences.
  absl::StatusOr<bool> Advance(std::int64_t channel_no,
                               std::string_view user_id, std::int64_t time_ms,
                               std::int64_t receive_ms, std::int64_t seq);
  // Writes to the table all that events up to `seq` have made, because they are
  // being deleted, and sets `activity_through`.
  absl::Status WriteThrough(std::int64_t seq, LogState& state);
  // Moves a part of a run to the table, and sets `activity_through` when the
  // run is done. It is called once before each commit.
  absl::Status Settle(LogState& state);
  // Notes that the commit has succeeded: readers find what it has changed, what
  // the table has goes out of memory, and a run begins when it is time.
  void OnCommitted(const LogState& state);

  // Restore undoes in memory what was done since Mark; the database is rolled
  // back by others, before.
  struct Position {
    std::size_t changes = 0;
    std::size_t moved = 0;
  };
  Position Mark() const { return {changes_.size(), moved_}; }
  void Restore(const Position& position);

 private:
  using Entry = RecentActivity::Entry;
  // A Change is what the open transaction has made of one customer's entry.
  struct Change {
    CustomerKey key;
    std::int64_t seq = 0;
    // The entry of the same transaction that was there before.
    std::optional<Entry> before;
  };

  // Returns the customer's last activity; nothing when there is none.
  absl::StatusOr<std::optional<std::int64_t>> Find(std::int64_t channel_no,
                                                   std::string_view user_id);
  // Returns the customer's entry that is committed and in memory.
  std::optional<Entry> Recent(const CustomerKey& key) const;
  absl::Status Write(const CustomerKey& key, std::int64_t time_ms);
  // Makes a sorted run of all customers in memory. None must be under way.
  void BeginRun(const LogState& state);

  Database& database_;
  RecentActivity& recent_;
  const std::size_t run_size_;
  Statement find_;
  Statement write_;
  // These are of the open transaction: the entries as they are now, and each
  // change in its order.
  RecentActivity::Entries open_;
  std::vector<Change> changes_;
  // These are the events that made the entries in memory, in their order, with
  // their customers. An event is passed over when its customer's entry is of a
  // later one.
  std::deque<std::pair<std::int64_t, CustomerKey>> order_;
  // These customers are being moved, sorted, and the first `moved_` of them
  // have been moved. There is a run while `run_through_` is set: to the last
  // event before the run began.
  std::vector<CustomerKey> run_;
  std::size_t moved_ = 0;
  std::optional<std::int64_t> run_through_;
  // The last event that is committed.
  std::int64_t committed_seq_ = 0;
};

}  // namespace linktor
