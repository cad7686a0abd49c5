// The head of a conversation holds the latest facts about its customer: the
// last event about the customer, the last event that counts as a message
// (IsMessage), and the time of the last activity. An activity is something that
// the customer does and that opens the messaging window, such as a message.
// Every event about the customer changes the head. The row of each event has
// the sequence of the customer's previous event. So a conversation is read from
// its head back to its older events, and needs no index.
//
// Customers who write at the same time have rows on many different pages of the
// table of conversations. If every commit wrote their heads there, it would
// write one page for each customer. Therefore the newest heads are only in
// memory, in RecentHeads. A crash does not lose them, because they can be read
// again from the events. The heads are moved to the table in runs. A run is a
// sorted list of the customers whose heads are in memory. Each commit moves a
// bounded number of them. Because the list is sorted, customers who are
// neighbours in the table are written together. A customer with many events
// costs only one row. log_state.heads_through says up to which event the table
// is complete (ADR 22).

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

// Returns whether an event counts as a message of the conversation. An event
// counts when it brought a message, or when it says that a send of this server
// ended. `kind` and `has_mid` come from the event's row: the kind of the item
// that has the mid, and whether there is a mid. Comments, and the test webhooks
// of Meta's dashboard, do not count as messages.
bool IsMessage(std::string_view type, journal::ItemKind kind, bool has_mid);

// RecentHeads holds the heads that are in memory. The DataFolder object owns
// it. It is thread-safe. The applying thread (the only thread that writes the
// database) changes it through ConversationHeads after a commit. Readers on any
// thread look into it first, and begin their snapshot of the table afterwards.
// So they miss no head: when a head leaves the memory, the table has it
// already.
class RecentHeads {
 public:
  // Returns the head of the customer's conversation. Returns nullopt when the
  // table has the head, or when there is no head.
  std::optional<ConversationHead> Find(std::int64_t channel_no,
                                       std::string_view user_id) const;

  // Returns all heads of that channel that are in memory, each with its
  // customer's id, in no particular order.
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

// ConversationHeads keeps the heads for the Applier. ConversationTable and the
// Applier call it on the applying thread and inside that thread's transaction.
// Every error comes from the database. After a failure or a rollback Restore
// must be called before anything else. Times are in ms since the epoch.
class ConversationHeads {
 public:
  // A run begins after this many events. At most about two runs of customers
  // are in memory at a time, with about 150 bytes for each customer.
  static constexpr std::size_t kRunSize = 16'384;

  // `database` and `recent` must outlive this object. Tests give a small
  // `run_size`, so that runs are moved often.
  ConversationHeads(sqlite::Database& database, RecentHeads& recent,
                    std::size_t run_size = kRunSize);

  // Reads from the events the heads that are not in the table yet. It is called
  // once, at the start.
  absl::Status Load(const LogState& state);

  // Returns the head of the customer's conversation. The head is empty when
  // nothing is known.
  absl::StatusOr<ConversationHead> Find(std::int64_t channel_no,
                                        std::string_view user_id);
  // Returns the head if it is in memory, including the changes of the open
  // transaction. Nullopt means that the table has the head, if there is one.
  std::optional<ConversationHead> InMemory(std::int64_t channel_no,
                                           std::string_view user_id) const;
  // A Happening is a new event about a customer. Later events have greater
  // sequences.
  struct Happening {
    std::int64_t seq = 0;
    // The event was received at this time. For an event that a Redrive
    // (redrive_table.h) made later, it is the time of the Redrive.
    std::int64_t receive_ms = 0;
    // The customer was active at this time. It is not set when the event does
    // not open the messaging window.
    std::optional<std::int64_t> activity_ms;
    // It is true when IsMessage returns true for the event.
    bool message = false;
  };
  // A Noted has what the event's row must store about its conversation. Readers
  // go from event to event by `before_seq`. Load finds the last activity by
  // `advances`.
  struct Noted {
    // This is the sequence of the customer's previous event. It is 0 when there
    // is none.
    std::int64_t before_seq = 0;
    // It is true when the event has changed the time of the last activity.
    bool advances = false;
  };
  // Makes the event the head of the conversation. The time of the last activity
  // changes only to a later time. There is one exception: when the known time
  // lies after `receive_ms` of this event, a wrong clock wrote it, and the
  // event's time replaces it.
  absl::StatusOr<Noted> Note(std::int64_t channel_no, std::string_view user_id,
                             const Happening& happening);
  // Forgets the head, because the customer is erased: the next event about the
  // customer has no event before it. The caller deletes the row in the table.
  // The old events keep the customer's id until the erasure has removed it from
  // them. Load skips these events, because the table of forgettings
  // (forgetting_table.h) has the customer until then.
  void Forget(std::int64_t channel_no, std::string_view user_id);
  // Writes the heads of the channel from memory to the table, and removes them
  // from memory. Afterwards the table has all heads of the channel, even when a
  // run has moved only some of them. It is for a channel that is being erased:
  // no later event of the channel may be noted, and Load skips the events of
  // the channel.
  absl::Status MoveChannel(std::int64_t channel_no);
  // Writes to the table all heads that were made by events up to `seq`, because
  // these events are being deleted. It also sets `heads_through`.
  absl::Status WriteThrough(std::int64_t seq, LogState& state);
  // Moves a part of the run to the table. It sets `heads_through` when the
  // whole run is moved. It is called once before each commit.
  absl::Status Settle(LogState& state);
  // Notes that the commit has succeeded. Now readers find the heads that the
  // commit has changed. OnCommitted removes from memory the heads that are now
  // in the table. It begins a new run when enough events have come.
  void OnCommitted(const LogState& state);

  // Restore undoes in memory everything that was done since Mark. The caller
  // must have rolled back the database before.
  struct Position {
    std::size_t changes = 0;
    std::size_t moved = 0;
  };
  Position Mark() const { return {changes_.size(), moved_}; }
  void Restore(const Position& position);

 private:
  // A Change is what the open transaction has done to the head of one
  // conversation. A forgotten head is an empty head with the sequence 0, here
  // and in `open_`. No other head is empty.
  struct Change {
    CustomerKey key;
    std::int64_t seq = 0;
    // This is the head that the same transaction had set before; nullopt when
    // there was none.
    std::optional<ConversationHead> before;
  };

  // Puts the head into the open transaction, and adds a Change.
  void Set(CustomerKey key, const ConversationHead& head);
  // Writes the customer's head to the table if it is in memory.
  absl::Status Write(const CustomerKey& key);
  // Begins a run: a sorted list of all customers in memory. No other run may be
  // under way.
  void BeginRun(const LogState& state);

  sqlite::Database& database_;
  RecentHeads& recent_;
  const std::size_t run_size_;
  sqlite::Statement find_;
  sqlite::Statement write_;
  // These two belong to the open transaction: `open_` has the heads as they are
  // now, and `changes_` has each change in its order.
  RecentHeads::Entries open_;
  std::vector<Change> changes_;
  // These are the events that made the heads in memory, in their order, each
  // with its customer. An event is skipped when a later event has become the
  // head of its customer.
  std::deque<std::pair<std::int64_t, CustomerKey>> order_;
  // These are the customers of the run, sorted. The heads of the first `moved_`
  // customers have been moved to the table. A run is under way while
  // `run_through_` is set; `run_through_` is the last event before the run
  // began.
  std::vector<CustomerKey> run_;
  std::size_t moved_ = 0;
  std::optional<std::int64_t> run_through_;
  // This is the last event that is committed.
  std::int64_t committed_seq_ = 0;
};

}  // namespace linktor::state
