// Keeps the sends to one customer in the order in which they were accepted, one
// at a time. It is a view: a lane, which is a channel and a customer, knows
// every PENDING message of theirs, whoever claimed it, but only claims of this
// process are begun here. The next in a lane is begun when the feed says that
// those before it have ended, so that a claim of another instance holds up the
// ones behind it until that instance settles it. Thread-safe.

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

namespace linktor {

class Lanes {
 public:
  // Sends that may wait for one customer, and for all. Each holds what it says
  // in memory, and thousands to one person are a loop in somebody's program.
  static constexpr std::size_t kMaxLane = 1'000;
  static constexpr std::size_t kMaxAll = 50'000;

  enum class Turn : std::int8_t {
    // Nothing to this customer is under way any more.
    kBegin,
    // It will never be begun, because the server shuts down.
    kGiveUp,
  };
  // Called once, on the executor, for a claim that was stored. The row is the
  // claimed message without its content.
  using OnTurn = absl::AnyInvocable<void(MessageRow, Turn)>;
  // Called on the executor with a claim of this process that nobody waits for:
  // its caller could not be told that it was stored. It must be settled as not
  // sent.
  using OnOrphan = std::function<void(MessageRow)>;

  // `me` is whose claims are begun. `executor` must outlive the last turn.
  Lanes(Appender me, Executor& executor, OnOrphan on_orphan);
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  // Takes the PENDING messages that the state has, oldest first. Call once,
  // when the feed is followed already; what the feed has told meanwhile wins.
  void Load(const std::vector<MessageRow>& pending);
  // Follows the feed.
  void OnCommit(std::span<const AppliedRecord> records);

  // Takes a place in the lane for a claim that is about to be appended under
  // `claim_id`, its message_id. RESOURCE_EXHAUSTED (OVERLOADED) when too much
  // waits; then `on_turn` is never called.
  absl::Status Reserve(const KeyScope& customer, const RawId& claim_id,
                       OnTurn on_turn);
  // Gives the place back: the claim was not stored, or nobody knows.
  void Withdraw(const RawId& claim_id);

  // Whether the feed has not yet told the end of that attempt.
  bool IsPending(const MessageRow& row) const;

  // From now on nothing is begun: what waits is given up.
  void GiveUpWaiting();
  // Waits until all claims of this process have ended, at most that long.
  void WaitUntilEnded(std::chrono::milliseconds at_most);

 private:
  // An attempt at a message.
  struct Send {
    RawId id;
    int attempt = 0;
    bool own = false;
    // An own one that still waits for its turn.
    std::optional<MessageRow> row;
    OnTurn on_turn;
  };
  struct Lane {
    std::deque<Send> sends;
    std::size_t reserved = 0;
  };
  struct Reservation {
    KeyScope customer;
    OnTurn on_turn;
  };
  using Tasks = std::vector<Executor::Task>;

  void Enter(const MessageRow& row, const journal::Record& record, Tasks& tasks)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Leave(const MessageRow& row, Tasks& tasks)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Begins the first in the lane, if it is this process's and waits.
  static void BeginFirst(Lane& lane, Tasks& tasks);
  static void GiveTurn(Send& send, Turn turn, Tasks& tasks);
  void DropPlace(const KeyScope& customer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RunAll(Tasks tasks);

  const Appender me_;
  Executor& executor_;
  const OnOrphan on_orphan_;

  mutable Mutex mutex_;
  CondVar all_ended_;
  // Only customers to whom something is claimed or about to be.
  absl::flat_hash_map<KeyScope, Lane> lanes_ ABSL_GUARDED_BY(mutex_);
  // By the claims' ids.
  absl::flat_hash_map<RawId, Reservation> reserved_ ABSL_GUARDED_BY(mutex_);
  // Claims of this process in all lanes.
  std::size_t own_ ABSL_GUARDED_BY(mutex_) = 0;
  bool giving_up_ ABSL_GUARDED_BY(mutex_) = false;
  // The attempts that the feed has told of before Load; nothing after it.
  std::optional<absl::flat_hash_set<std::pair<RawId, int>>> told_
      ABSL_GUARDED_BY(mutex_) = absl::flat_hash_set<std::pair<RawId, int>>();
};

}  // namespace linktor
