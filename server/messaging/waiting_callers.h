// A caller who repeats the request id of a send that is under way waits here
// for the end of that send, until the caller's own deadline. WaitingCallers is
// a view of the feed (journal/feed.h): the feed reports the end of a send,
// whichever process has recorded it. The Sender owns this object. It calls the
// object on the applying thread (the journal's only writer) and on the executor
// (base/executor.h). It also calls it on its ticker's thread, and on the thread
// that shuts the server down. The class is thread-safe, and it runs no callback
// while it holds its mutex.

#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/base/executor.h"
#include "server/base/ids.h"
#include "server/base/mutex.h"
#include "server/journal/feed.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor::messaging {

class WaitingCallers {
 public:
  using Deadline = std::chrono::system_clock::time_point;
  // A Done gets the message when it was sent, and otherwise the error. It is
  // called once, on the executor or on the thread that calls Tell, TellLate or
  // Close.
  using Done = absl::AnyInvocable<void(absl::StatusOr<v1::Message>)>;

  // At most this many callers wait at a time, for all sends together, so that
  // the memory is bounded. Each further caller is told at once that the send is
  // under way.
  static constexpr std::size_t kMaxCallers = 10'000;

  // Both arguments must outlive this object. Before this object is destroyed,
  // the executor must have run all tasks that it was given.
  WaitingCallers(seal::Sealer& sealer, Executor& executor)
      : sealer_(sealer), executor_(executor) {}
  WaitingCallers(const WaitingCallers&) = delete;
  WaitingCallers& operator=(const WaitingCallers&) = delete;

  // Calls `done` when the attempt in `row` has ended, or at the deadline. It
  // must be called on the applying thread, and only while the feed has not
  // reported the end of the attempt. Otherwise this object would never learn of
  // the end. Add does not block. When kMaxCallers callers wait, or after Close,
  // `done` gets REQUEST_IN_FLIGHT on the executor.
  void Add(const state::MessageRow& row, Deadline deadline, Done done);

  // Follows the feed; the applying thread calls it. It answers the callers on
  // the executor. But when this process has recorded the end itself, Tell
  // answers the callers, because the recorder knows more about the end than the
  // row says.
  void OnCommit(std::span<const journal::AppliedRecord> records);
  // Gives `answer` to all callers who wait for the attempt in `row`, on the
  // thread that calls Tell.
  void Tell(const state::MessageRow& row,
            const absl::StatusOr<v1::Message>& answer);

  // Gives REQUEST_IN_FLIGHT to all callers whose deadline is not after `now`,
  // on the thread that calls TellLate.
  void TellLate(Deadline now);
  // Gives REQUEST_IN_FLIGHT to all callers on the thread that calls Close, and
  // to each later caller at once. The Sender calls it when the server shuts
  // down. It may be called again.
  void Close();

 private:
  // An Attempt is a message's id and the number of the attempt. Without the
  // number, a caller who waits for the next attempt could get the end of this
  // attempt.
  using Attempt = std::pair<RawId, int>;
  struct Caller {
    Attempt attempt;
    // The caller gets this error when its deadline comes before the end of the
    // send.
    absl::Status in_flight;
    Done done;
  };
  // The callers are in the order of their deadlines, so that TakeLate looks
  // only at the first caller.
  using Callers = std::multimap<Deadline, Caller>;

  static Attempt AttemptOf(const state::MessageRow& row) {
    return {row.id, row.attempt};
  }
  // Removes all callers of the attempt from both tables, and returns them in
  // the order in which they came. The function that called Take answers them
  // when the mutex is free.
  std::vector<Caller> Take(const Attempt& attempt);
  // Removes and returns the first caller when its deadline is not after `now`.
  // Otherwise it returns nullopt.
  std::optional<Caller> TakeLate(Deadline now);

  seal::Sealer& sealer_;
  Executor& executor_;
  // It guards the three members below. The two tables hold the same callers:
  // callers_ sorts them by deadline, and by_attempt_ groups them by attempt.
  Mutex mutex_;
  Callers callers_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Attempt, std::vector<Callers::iterator>> by_attempt_
      ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace linktor::messaging
