// Lanes keeps the sends to one customer in the order in which they were
// accepted, one at a time. A lane belongs to a channel and a customer. It is a
// view: it knows every PENDING message of the two, whoever claimed it, but only
// claims of this process are begun here. The next in a lane is begun when the
// feed says that all before it have ended, so a claim of another instance holds
// up the ones behind it until that instance settles it.
//
// The Sender owns it. Threads of the executor reserve places, the applying
// thread brings the feed, and the thread that stops the server drains it. It is
// thread-safe, and calls nothing while it holds its mutex.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "server/base/executor.h"
#include "server/base/ids.h"
#include "server/base/mutex.h"
#include "server/journal/data_folder.h"
#include "server/journal/feed.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor::messaging {

class Lanes {
 public:
  // At most so many sends wait for one customer, and for all customers of this
  // process. Each keeps its content in memory, and thousands of messages to one
  // person come from a loop in somebody's program.
  static constexpr std::size_t kMaxLane = 1'000;
  static constexpr std::size_t kMaxAll = 50'000;

  enum class Turn : std::int8_t {
    // No other message to this customer is under way any more: send it now.
    kBegin,
    // The send will never be begun, because the server shuts down. It must be
    // settled as not sent.
    kGiveUp,
  };
  // An OnTurn is called once, on the executor, for a claim that was stored. The
  // row is the claimed message without its content.
  using OnTurn = absl::AnyInvocable<void(state::MessageRow, Turn)>;
  // An OnOrphan is called on the executor with a claim of this process that
  // nobody waits for, because its caller could not be told that it was stored.
  // The message, with its content, must be settled as not sent.
  using OnOrphan = std::function<void(state::MessageRow)>;

  // `me` names the process whose claims are begun. `executor` must have run
  // what it was given before this ends.
  Lanes(journal::Appender me, Executor& executor, OnOrphan on_orphan);
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  // Takes the PENDING messages that the state has, oldest first. It is called
  // once, when the feed is followed already; what the feed has told meanwhile
  // wins. These messages are never begun, because earlier processes or other
  // instances claimed them.
  void Load(const std::vector<state::MessageRow>& pending);
  // Follows the feed, on the applying thread. A claim of this process begins
  // when it is the first in its lane; an end lets the next one begin.
  void OnCommit(std::span<const journal::AppliedRecord> records);

  // Takes a place in the lane for a claim that is about to be appended under
  // `claim_id`, its message_id. The place is not yet one in the order: that is
  // the order of the commits. RESOURCE_EXHAUSTED (OVERLOADED) when too much
  // waits; then no place is taken and `on_turn` is never called.
  absl::Status Reserve(const seal::KeyScope& customer, const RawId& claim_id,
                       OnTurn on_turn);
  // Gives the place back, because the claim was not stored or nobody knows
  // whether it was. Then `on_turn` is not called; a claim that turns out to be
  // stored is an orphan. It does nothing when the place is not reserved any
  // more.
  void Withdraw(const RawId& claim_id);

  // Returns whether the feed has not yet told the end of that attempt.
  bool IsPending(const state::MessageRow& row) const;

  // Gives up whatever waits in a lane, now and from now on. Sends that have
  // begun go on.
  void GiveUpWaiting();
  // Blocks until all claims of this process have ended and no place is
  // reserved, but not longer than `at_most`.
  void WaitUntilEnded(std::chrono::milliseconds at_most);

 private:
  // A Send is one attempt at a message. Its id alone would not do, because a
  // FAILED message is tried again under its own id.
  struct Send {
    RawId id;
    int attempt = 0;
    // It says whether this process made the claim.
    bool own = false;
    // It is set while a claim of this process waits for its turn.
    std::optional<state::MessageRow> row;
    OnTurn on_turn;
  };
  struct Lane {
    // They are in the order of their commits; the first may be under way.
    std::deque<Send> sends;
    // So many places are reserved for claims that are not stored yet.
    std::size_t reserved = 0;
  };
  struct Reservation {
    seal::KeyScope customer;
    OnTurn on_turn;
  };
  // Tasks are collected under the mutex, and handed to the executor when the
  // mutex is free.
  using Tasks = std::vector<Executor::Task>;

  // Puts a claimed message at the end of its lane. A claim of this process gets
  // its turn function from its reservation, which ends; without one it is an
  // orphan.
  void Enter(const state::MessageRow& row, const journal::Record& record,
             Tasks& tasks) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes an attempt that has ended out of its lane, and begins the first of
  // those that are left. An attempt that is not there is ignored.
  void Leave(const state::MessageRow& row, Tasks& tasks)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Begins the first in the lane, if this process claimed it and it waits. The
  // lane must not be empty.
  static void BeginFirst(Lane& lane, Tasks& tasks);
  // Adds the call of its turn function to `tasks`, unless that was done or
  // another process claimed the send.
  static void GiveTurn(Send& send, Turn turn, Tasks& tasks);
  // Takes a reserved place back, and the lane with it when nothing else is
  // there.
  void DropPlace(const seal::KeyScope& customer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Hands the tasks to the executor. The mutex must not be held.
  void RunAll(Tasks tasks);

  const journal::Appender me_;
  Executor& executor_;
  const OnOrphan on_orphan_;

  mutable Mutex mutex_;
  // It is signalled when own_ is 0 and nothing is reserved.
  CondVar all_ended_;
  // Only customers are here to whom a message is PENDING or a place reserved.
  absl::flat_hash_map<seal::KeyScope, Lane> lanes_ ABSL_GUARDED_BY(mutex_);
  // The key is the claim's id. A repeated claim has a new one, though its
  // message keeps the first.
  absl::flat_hash_map<RawId, Reservation> reserved_ ABSL_GUARDED_BY(mutex_);
  // It counts the claims of this process in all lanes.
  std::size_t own_ ABSL_GUARDED_BY(mutex_) = 0;
  bool giving_up_ ABSL_GUARDED_BY(mutex_) = false;
  // Until Load it holds the attempts that the feed has told of, so that Load
  // does not bring back one that has ended; it is empty afterwards.
  std::optional<absl::flat_hash_set<std::pair<RawId, int>>> told_
      ABSL_GUARDED_BY(mutex_) = absl::flat_hash_set<std::pair<RawId, int>>();
};

}  // namespace linktor::messaging
