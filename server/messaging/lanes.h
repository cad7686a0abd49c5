// Lanes runs the sends to each customer one at a time, in the order in which
// the journal has committed their claims. A claim is the journal record that
// asks for the right to send a message. A lane is the queue of all sends from
// one channel to one customer.
//
// Lanes is a view of the feed (journal/feed.h). From the feed it knows every
// PENDING message of a customer, whichever process has claimed it. But it
// begins only sends that its own process has claimed. It begins the next send
// of a lane when the feed has reported that every send before it has ended. So
// a claim of another instance (another data folder) holds up the sends behind
// it until that instance records how its send ended.
//
// The Sender owns the only Lanes object. Threads of the executor
// (base/executor.h) call Reserve and Withdraw. The applying thread, which is
// the journal's only writer, calls OnCommit, IsPending and Withdraw. The thread
// that stops the server calls GiveUpWaiting and WaitUntilEnded. The class is
// thread-safe, and it runs no callback while it holds its mutex.

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
  // At most kMaxLane sends wait for one customer, and at most kMaxAll for all
  // customers of this process. The limits bound the memory, because each send
  // keeps its content in memory. Thousands of messages to one person mostly
  // come from a faulty loop in a client program.
  static constexpr std::size_t kMaxLane = 1'000;
  static constexpr std::size_t kMaxAll = 50'000;

  enum class Turn : std::int8_t {
    // No other message to this customer is under way any more. Send this one
    // now.
    kBegin,
    // The send will never begin, because the server shuts down. It must be
    // recorded as FAILED.
    kGiveUp,
  };
  // An OnTurn is called once, on the executor, when a stored claim has its
  // turn. It gets the claimed message without its content.
  using OnTurn = absl::AnyInvocable<void(state::MessageRow, Turn)>;
  // An orphan is a stored claim of this process for which nobody waits, because
  // its caller could not be told that the claim was stored. An OnOrphan is
  // called on the executor with the message, including its content. It must
  // record the message as FAILED.
  using OnOrphan = std::function<void(state::MessageRow)>;

  // `me` names this process; Lanes begins only the claims of this process.
  // Before this object is destroyed, `executor` must have run all tasks that it
  // was given.
  Lanes(journal::Appender me, Executor& executor, OnOrphan on_orphan);
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  // Adds the PENDING messages of the database; `pending` has them in their
  // order, the oldest first. Load is called once, after OnCommit was added to
  // the feed. It skips an attempt that the feed has already reported, because
  // the report is newer. Lanes never begins the messages that Load adds,
  // because earlier processes or other instances have claimed them.
  void Load(const std::vector<state::MessageRow>& pending);
  // Follows the feed; the applying thread calls it. A claim of this process
  // begins when it is the first in its lane. The end of a send lets the next
  // send of its lane begin.
  void OnCommit(std::span<const journal::AppliedRecord> records);

  // Reserves an entry in the customer's lane for a claim that is about to be
  // appended to the journal. `claim_id` is the claim's message_id. The
  // reservation does not decide the order: the order of a lane is the order of
  // the commits. It fails with RESOURCE_EXHAUSTED (OVERLOADED) when too many
  // sends wait. Then nothing is reserved, and `on_turn` is never called.
  absl::Status Reserve(const seal::KeyScope& customer, const RawId& claim_id,
                       OnTurn on_turn);
  // Cancels the reservation, because the claim was not stored, or because
  // nobody knows whether it was stored. `on_turn` is not called then. A claim
  // that turns out to be stored is an orphan (see OnOrphan). Withdraw does
  // nothing when the reservation has ended already.
  void Withdraw(const RawId& claim_id);

  // Returns whether the attempt in `row` is still PENDING. It is PENDING until
  // the feed has reported its end.
  bool IsPending(const state::MessageRow& row) const;

  // Gives Turn::kGiveUp to all sends that wait in a lane, and to all sends that
  // enter a lane later. Sends that have begun go on.
  void GiveUpWaiting();
  // Blocks until all claims of this process have ended and nothing is reserved,
  // but not longer than `at_most`.
  void WaitUntilEnded(std::chrono::milliseconds at_most);

 private:
  // A Send is one attempt to send a message. The id of the message does not
  // identify the attempt, because a FAILED message is tried again under the
  // same id.
  struct Send {
    RawId id;
    int attempt = 0;
    // It is true when this process has made the claim.
    bool own = false;
    // The row is set while a claim of this process waits for its turn.
    std::optional<state::MessageRow> row;
    OnTurn on_turn;
  };
  struct Lane {
    // The sends are in the order of their commits. The first one may be under
    // way at Instagram.
    std::deque<Send> sends;
    // This is the number of reservations for claims that are not stored yet.
    std::size_t reserved = 0;
  };
  struct Reservation {
    seal::KeyScope customer;
    OnTurn on_turn;
  };
  // Tasks are collected while the mutex is held. They are given to the executor
  // when the mutex is free.
  using Tasks = std::vector<Executor::Task>;

  // Adds a claimed message to the end of its lane. A claim of this process
  // takes its turn function from its reservation, and the reservation ends. A
  // claim of this process without a reservation is an orphan.
  void Enter(const state::MessageRow& row, const journal::Record& record,
             Tasks& tasks) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Removes an attempt that has ended from its lane, and begins the first send
  // that is left in the lane. It ignores an attempt that is not in the lane.
  void Leave(const state::MessageRow& row, Tasks& tasks)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Begins the first send of the lane, if this process has claimed it and it
  // still waits. The lane must not be empty.
  static void BeginFirst(Lane& lane, Tasks& tasks);
  // Adds the call of the send's turn function to `tasks`. It adds nothing when
  // it has added this call before, or when another process has claimed the
  // send.
  static void GiveTurn(Send& send, Turn turn, Tasks& tasks);
  // Ends one reservation of the customer, and removes the lane when nothing
  // else is in it.
  void DropPlace(const seal::KeyScope& customer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Gives the tasks to the executor. The mutex must not be held.
  void RunAll(Tasks tasks);

  const journal::Appender me_;
  Executor& executor_;
  const OnOrphan on_orphan_;

  mutable Mutex mutex_;
  // It is signalled when own_ is 0 and nothing is reserved.
  CondVar all_ended_;
  // It has an entry only for customers to whom a message is PENDING, or for
  // whom an entry in a lane is reserved.
  absl::flat_hash_map<seal::KeyScope, Lane> lanes_ ABSL_GUARDED_BY(mutex_);
  // The key is the id in the claim. When a FAILED message is claimed again, the
  // new claim has a new id, but the message keeps the id of its first claim.
  absl::flat_hash_map<RawId, Reservation> reserved_ ABSL_GUARDED_BY(mutex_);
  // It counts the claims of this process in all lanes.
  std::size_t own_ ABSL_GUARDED_BY(mutex_) = 0;
  bool giving_up_ ABSL_GUARDED_BY(mutex_) = false;
  // Until Load is called, it holds the attempts that the feed has reported, so
  // that Load does not add an attempt twice or after its end. Afterwards it is
  // nullopt.
  std::optional<absl::flat_hash_set<std::pair<RawId, int>>> told_
      ABSL_GUARDED_BY(mutex_) = absl::flat_hash_set<std::pair<RawId, int>>();
};

}  // namespace linktor::messaging
