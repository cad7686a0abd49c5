// The head of a conversation is the end of what is known about a customer: the
// last event about them, and their last activity, which opens the messaging
// window. Every event about a customer moves it. The row of an event names the
// customer's event before it, so a conversation is read from its head back,
// without an index.
//
// Customers who write at the same time are spread over the whole table of
// conversations, so each would cost a page of it at every commit. Therefore the
// newest heads are only in memory, in RecentHeads; the events that made them
// say the same. They are moved to the table in sorted runs, so that neighbours
// are written together, one row for all that happened to a customer meanwhile,
// and a bounded number with each commit. log_state.heads_through says up to
// which event the table is complete (ADR 22).

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
#include "server/journal/record.pb.h"
#include "server/sqlite/statement.h"
#include "server/state/log_state.h"
#include "server/state/rows.h"

namespace linktor::state {

// A CustomerKey names a customer of a channel.
struct CustomerKey {
  std::int64_t channel_no = 0;
  std::string user_id;

  friend bool operator==(const CustomerKey&, const CustomerKey&) = default;
  friend auto operator<=>(const CustomerKey&, const CustomerKey&) = default;
};

// Returns whether an event of that type tells of a message of the conversation:
// it brought one, or a send of this server ended. `kind` and `has_mid` are what
// its row says of its mid. Comments and Meta's tests are none.
bool IsMessage(std::string_view type, journal::ItemKind kind, bool has_mid);

// RecentHeads holds what is in memory. The data folder owns it. It is
// thread-safe: the applying thread changes it through ConversationHeads, after
// a commit, and readers on any thread look into it before they begin the
// snapshot in which they look into the table. So they miss nothing: what leaves
// the memory is in the table by then.
class RecentHeads {
 public:
  // Returns the head of the customer's conversation; nothing when the table has
  // it, or when there is none.
  std::optional<ConversationHead> Find(std::int64_t channel_no,
                                       std::string_view user_id) const;

  // Returns all heads of that channel that are in memory, with their customers,
  // in no order.
  std::vector<std::pair<std::string, ConversationHead>> OfChannel(
      std::int64_t channel_no) const;

 private:
  friend class ConversationHeads;
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
  using Entries =
      absl::flat_hash_map<CustomerKey, ConversationHead, HashOfKey, EqualKeys>;

  mutable Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
};

// ConversationTable and the Applier call ConversationHeads on the applying
// thread and inside that thread's transaction. An error is the database's.
// After a failure or a rollback Restore must be called before anything else.
// Times are in ms since the epoch.
class ConversationHeads {
 public:
  // A run begins after so many events. At most about two runs of customers are
  // in memory at a time, each with about 150 bytes.
  static constexpr std::size_t kRunSize = 16'384;

  // Both must outlive this. Tests give a small `run_size`, so that runs are
  // moved often.
  ConversationHeads(sqlite::Database& database, RecentHeads& recent,
                    std::size_t run_size = kRunSize);

  // Reads from events what is not in the table yet. It is called once, at the
  // start.
  absl::Status Load(const LogState& state);

  // Returns the head; it is empty when nothing is known.
  absl::StatusOr<ConversationHead> Find(std::int64_t channel_no,
                                        std::string_view user_id);
  // Returns the head where it is in memory, the open transaction included.
  // Nothing says that the table has it, if there is one.
  std::optional<ConversationHead> InMemory(std::int64_t channel_no,
                                           std::string_view user_id) const;
  // A Happening is an event about a customer. Later ones have greater
  // sequences.
  struct Happening {
    std::int64_t seq = 0;
    // The event was received at this time, or appended, where that was later.
    std::int64_t receive_ms = 0;
    // The customer's activity was at this time; it is not set when the event
    // opens no window.
    std::optional<std::int64_t> activity_ms;
    // It is true when IsMessage says so of the event.
    bool message = false;
  };
  // The row of the event must have both, because Load reads them there.
  struct Noted {
    // This is the customer's event before; it is 0 when there is none.
    std::int64_t before_seq = 0;
    // The last activity has moved.
    bool advances = false;
  };
  // Makes the event the head of the conversation. A later activity that is
  // known stays, unless it lies after the time at which this event was
  // received: then a clock was wrong when it was written.
  absl::StatusOr<Noted> Note(std::int64_t channel_no, std::string_view user_id,
                             const Happening& happening);
  // Forgets the head, because the person is erased whom it is about: the next
  // event about them has none before it. The caller deletes the table's row.
  // Events tell of the person until they are cleaned, and the table of
  // forgettings says so to Load.
  void Forget(std::int64_t channel_no, std::string_view user_id);
  // Writes the heads of the channel that are in memory to the table, and
  // forgets them there: whatever a run has moved, the table has all of them
  // now. No later event of the channel may be noted, and Load reads none.
  absl::Status MoveChannel(std::int64_t channel_no);
  // Writes to the table all that events up to `seq` have made, because they are
  // being deleted, and sets `heads_through`.
  absl::Status WriteThrough(std::int64_t seq, LogState& state);
  // Moves a part of a run to the table, and sets `heads_through` when the
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
  // A Change is what the open transaction has made of one conversation's head.
  // One that was forgotten is an empty head with the sequence 0, as is its
  // entry in `open_`; no other head is empty.
  struct Change {
    CustomerKey key;
    std::int64_t seq = 0;
    // The head of the same transaction that was there before.
    std::optional<ConversationHead> before;
  };

  // Puts the head into the open transaction, and notes the change.
  void Set(CustomerKey key, const ConversationHead& head);
  // Writes the customer's head where it is in memory.
  absl::Status Write(const CustomerKey& key);
  // Makes a sorted run of all customers in memory. None must be under way.
  void BeginRun(const LogState& state);

  sqlite::Database& database_;
  RecentHeads& recent_;
  const std::size_t run_size_;
  sqlite::Statement find_;
  sqlite::Statement write_;
  // These are of the open transaction: the heads as they are now, and each
  // change in its order.
  RecentHeads::Entries open_;
  std::vector<Change> changes_;
  // These are the events that made the heads in memory, in their order, with
  // their customers. An event is passed over when its customer's head is a
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

}  // namespace linktor::state
