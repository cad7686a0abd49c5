// An OutcomeRecorder stores in the journal how sends ended, and then tells
// their callers. When the journal does not take an outcome, the recorder tries
// again. It stops only when the journal takes the outcome or shuts down. So a
// message stays PENDING only when its process ends before its outcome is
// stored. The next start of the server settles such a message: it records the
// message as UNCONFIRMED (settler.h). The Sender owns the recorder. Threads of
// the executor (base/executor.h) and the Sender's ticker call it. It is
// thread-safe.

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/content.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/base/clock.h"
#include "server/base/executor.h"
#include "server/base/mutex.h"
#include "server/journal/journal.h"
#include "server/messaging/outcome.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor::messaging {

// A SendObserver counts sends; app/metrics.h implements it. It must be
// thread-safe and must not block.
class SendObserver {
 public:
  virtual ~SendObserver() = default;
  // Reports that a send has ended as SENT, FAILED or UNCONFIRMED, and that this
  // end is stored on the disk. It is called on the executor. `reason` is the
  // reason of the error; it is empty for SENT.
  virtual void OnSendEnded(v1::MessageState state, std::string_view reason) = 0;
};

class OutcomeRecorder {
 public:
  struct Dependencies {
    const Clock& clock;
    // Before the recorder is destroyed, the journal must have called back for
    // every append.
    journal::Journal& journal;
    seal::Sealer& sealer;
    // Before the recorder is destroyed, the executor must have run all tasks
    // that it was given.
    Executor& executor;
    // It is told how each send ended; null means that nobody is told.
    SendObserver* observer = nullptr;
  };

  // An Ended is a send that has ended, with the function that tells its caller.
  struct Ended {
    // The row is the message as it was when it was claimed.
    state::MessageRow row;
    v1::MessageContent content;
    SendEnd end;
    // This function gets the message when the message was sent. Otherwise it
    // gets an error with message_id and request_id in its metadata. It is
    // called on the executor, once or twice. It is called twice when the end
    // could not be stored at first: the first time at once, and the second time
    // when the end is stored.
    absl::AnyInvocable<void(const absl::StatusOr<v1::Message>&)> tell;
  };

  // Everything that `dependencies` refers to must outlive this object.
  explicit OutcomeRecorder(const Dependencies& dependencies)
      : deps_(dependencies) {}
  OutcomeRecorder(const OutcomeRecorder&) = delete;
  OutcomeRecorder& operator=(const OutcomeRecorder&) = delete;

  // Stores the end in the journal and then calls `tell`. Record returns before
  // that is done. But it may read a key from the disk, so it is called on the
  // executor. The stored end has the time of this call, even when it is stored
  // much later.
  void Record(Ended ended);

  // Tries again to store the ends that could not be stored. The Sender calls it
  // every second. It does not block.
  void RetryUnrecorded();

 private:
  // A Job belongs to one step at a time: a task of the executor, the journal's
  // callback, or the list unrecorded_.
  struct Job {
    Ended ended;
    // The send ended at this time, in ms since the epoch. A record that is made
    // later still has this time.
    std::int64_t end_ms = 0;
    // It is set when `tell` was called for an end that was not stored yet.
    bool told_unrecorded = false;
  };
  // It is a shared pointer, because the journal's callback and the executor's
  // task each need the job.
  using JobPtr = std::shared_ptr<Job>;

  // Makes the record and appends it; OnEnding or OnUnrecorded follows. It may
  // block to read a key, but it never waits for the commit.
  void Append(const JobPtr& job);
  // Continues on the executor when the append has ended. Meanwhile another
  // record may have made the message UNCONFIRMED. Then OnEnding appends the end
  // again, because this end says more than UNCONFIRMED.
  void OnEnding(const JobPtr& job, journal::Ending ending);
  // Tells the observer and the caller about an end that is stored. `row` is the
  // message as it is now; another record may have settled it.
  void OnRecorded(Ended& ended, const state::MessageRow& row) const;
  // Logs the reason and keeps the job for RetryUnrecorded, unless the journal
  // shuts down. It tells the caller when this is the first failure.
  void OnUnrecorded(const JobPtr& job, const absl::Status& why);

  const Dependencies deps_;
  Mutex mutex_;
  // These jobs wait for RetryUnrecorded. Lanes counts their messages as still
  // under way, and limits how many messages are under way. So this list is
  // bounded, too.
  std::vector<JobPtr> unrecorded_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::messaging
