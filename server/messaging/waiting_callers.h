// Callers who repeat the request id of a send that is under way wait here for
// its end, until their deadline. It is a view: the feed tells of the ends,
// whoever brings them about. The Sender owns it, and calls it on the applying
// thread, on the executor and on its ticker. It is thread-safe, and calls
// nothing while it holds its mutex.

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
  // A Done gets the message when it was sent, else why not. It is called once,
  // on the executor or on the thread that calls Tell, TellLate or Close.
  using Done = absl::AnyInvocable<void(absl::StatusOr<v1::Message>)>;

  // At most so many callers wait at a time, for all sends together; the next
  // one is told at once that the send is under way. The limit bounds the
  // memory.
  static constexpr std::size_t kMaxCallers = 10'000;

  // Both must outlive this, and the executor must have run what it was given
  // before this ends.
  WaitingCallers(seal::Sealer& sealer, Executor& executor)
      : sealer_(sealer), executor_(executor) {}
  WaitingCallers(const WaitingCallers&) = delete;
  WaitingCallers& operator=(const WaitingCallers&) = delete;

  // Calls `done` when that attempt has ended, or at the deadline. It must be
  // called on the applying thread, and only while the feed has not told the
  // end: otherwise the end would never come here. It does not block. When there
  // is no room or this is closed, `done` gets REQUEST_IN_FLIGHT on the
  // executor.
  void Add(const state::MessageRow& row, Deadline deadline, Done done);

  // Follows the feed, on the applying thread; the callers are answered on the
  // executor. An end that this process has recorded itself is left to Tell,
  // because its recorder knows more about it than the row says.
  void OnCommit(std::span<const journal::AppliedRecord> records);
  // Gives `answer` to all callers who wait for that attempt, on this thread.
  void Tell(const state::MessageRow& row,
            const absl::StatusOr<v1::Message>& answer);

  // Gives REQUEST_IN_FLIGHT to all callers whose deadline is not after `now`,
  // on this thread.
  void TellLate(Deadline now);
  // Gives the same to all callers, on this thread, and to later ones at once.
  // The Sender calls it when the server shuts down; it may be called again.
  void Close();

 private:
  // An Attempt is a message's id and the number of the attempt. The id alone
  // would mix up a caller of the next attempt with the end of this one.
  using Attempt = std::pair<RawId, int>;
  struct Caller {
    Attempt attempt;
    // The caller gets this when its deadline comes before the end.
    absl::Status in_flight;
    Done done;
  };
  // They are in the order of their deadlines, so that the late ones are found
  // without a look at the others.
  using Callers = std::multimap<Deadline, Caller>;

  static Attempt AttemptOf(const state::MessageRow& row) {
    return {row.id, row.attempt};
  }
  // Takes all callers of the attempt out of both tables, in the order in which
  // they came. They are answered after this, without the mutex.
  std::vector<Caller> Take(const Attempt& attempt);
  // Takes the first caller out when its deadline is not after `now`; nothing
  // otherwise.
  std::optional<Caller> TakeLate(Deadline now);

  seal::Sealer& sealer_;
  Executor& executor_;
  // It guards the three members below. The two tables hold the same callers:
  // callers_ by deadline, and by_attempt_ those of each attempt.
  Mutex mutex_;
  Callers callers_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Attempt, std::vector<Callers::iterator>> by_attempt_
      ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace linktor::messaging
