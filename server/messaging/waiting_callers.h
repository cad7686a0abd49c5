// Callers who repeat the request id of a send that is under way wait here for
// its end, until their deadline. It is a view: the feed tells of the ends,
// whoever brings them about. Thread-safe.

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

namespace linktor {

class WaitingCallers {
 public:
  using Deadline = std::chrono::system_clock::time_point;
  // The message when it was sent, else why not. Called once, on the executor or
  // the thread that calls here.
  using Done = absl::AnyInvocable<void(absl::StatusOr<v1::Message>)>;

  // Callers that may wait at once; one more is told at once that the send is
  // under way.
  static constexpr std::size_t kMaxCallers = 10'000;

  // Both must outlive this.
  WaitingCallers(Sealer& sealer, Executor& executor)
      : sealer_(sealer), executor_(executor) {}
  WaitingCallers(const WaitingCallers&) = delete;
  WaitingCallers& operator=(const WaitingCallers&) = delete;

  // Waits for the end of that attempt. Call it on the applying thread, and only
  // while the feed has not told the end: it would never come.
  void Add(const MessageRow& row, Deadline deadline, Done done);

  // Follows the feed. An end that this process has recorded itself is left to
  // Tell, because who recorded it knows more of it than the row says.
  void OnCommit(std::span<const AppliedRecord> records);
  // Answers whoever waits for that attempt.
  void Tell(const MessageRow& row, const absl::StatusOr<v1::Message>& answer);

  // Answers those whose deadline is not after `now` that the send is still
  // under way.
  void TellLate(Deadline now);
  // Answers everybody so, and whoever comes later at once.
  void Close();

 private:
  // One attempt at a message: the message's id alone would mix up a caller of
  // the next attempt with the end of this one.
  using Attempt = std::pair<RawId, int>;
  struct Caller {
    Attempt attempt;
    // It is told this when it must leave before.
    absl::Status in_flight;
    Done done;
  };
  // In the order of their deadlines.
  using Callers = std::multimap<Deadline, Caller>;

  static Attempt AttemptOf(const MessageRow& row) {
    return {row.id, row.attempt};
  }
  std::vector<Caller> Take(const Attempt& attempt);
  // Takes the first caller when its deadline is not after `now`.
  std::optional<Caller> TakeLate(Deadline now);

  Sealer& sealer_;
  Executor& executor_;
  Mutex mutex_;
  Callers callers_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Attempt, std::vector<Callers::iterator>> by_attempt_
      ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace linktor
