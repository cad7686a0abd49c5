// An OutcomeRecorder makes it durable how sends ended, and then tells the
// caller. An outcome that the journal does not take is tried again until the
// journal takes it, so that a message stays PENDING only when its process has
// ended. The Sender owns it; threads of the executor and the Sender's ticker
// call it. It is thread-safe.

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

// A SendObserver counts sends; the metrics implement it. It must be thread-safe
// and must not block.
class SendObserver {
 public:
  virtual ~SendObserver() = default;
  // Tells that a send has ended as SENT, FAILED or UNCONFIRMED, and that this
  // is durable. It is called on the executor. `reason` is empty with SENT.
  virtual void OnSendEnded(v1::MessageState state, std::string_view reason) = 0;
};

class OutcomeRecorder {
 public:
  struct Dependencies {
    const Clock& clock;
    // It must have called back for every append before this ends.
    journal::Journal& journal;
    seal::Sealer& sealer;
    // It must have run what it was given before this ends.
    Executor& executor;
    // It is told how each send ended; null for nobody.
    SendObserver* observer = nullptr;
  };

  // An Ended is a send that has ended, and whom to tell.
  struct Ended {
    // The row is as the message was claimed.
    state::MessageRow row;
    v1::MessageContent content;
    SendEnd end;
    // It gets the message when that is SENT, else an error with message_id and
    // request_id in its metadata. It is called on the executor: once, or twice
    // where the end could not be recorded at first, namely at once and when it
    // is recorded.
    absl::AnyInvocable<void(const absl::StatusOr<v1::Message>&)> tell;
  };

  // All that `dependencies` refers to must outlive this.
  explicit OutcomeRecorder(const Dependencies& dependencies)
      : deps_(dependencies) {}
  OutcomeRecorder(const OutcomeRecorder&) = delete;
  OutcomeRecorder& operator=(const OutcomeRecorder&) = delete;

  // Records the end and then calls `tell`. It returns before that is done, but
  // may read a key from the disk, so it is called on the executor. The end's
  // time is now, however late it is recorded.
  void Record(Ended ended);

  // Tries again what could not be recorded. The Sender calls it every second.
  // It does not block.
  void RetryUnrecorded();

 private:
  // A Job belongs to one step at a time: the executor, the journal's callback,
  // or unrecorded_.
  struct Job {
    Ended ended;
    // The send ended then, in ms since the epoch. A record that is made later
    // says so all the same.
    std::int64_t end_ms = 0;
    // It is set once `tell` was called for an end that is not recorded.
    bool told_unrecorded = false;
  };
  // It is shared because the journal's callback and the executor's task each
  // need it.
  using JobPtr = std::shared_ptr<Job>;

  // Makes the record and appends it; OnEnding or OnUnrecorded follows. It may
  // block for the read of a key, and never for the commit.
  void Append(const JobPtr& job);
  // Goes on when the append has ended, on the executor. It appends again when
  // the message has become UNCONFIRMED meanwhile.
  void OnEnding(const JobPtr& job, journal::Ending ending);
  // Tells the observer and the caller of an end that is durable. `row` is the
  // message as it is now; another record may have settled it.
  void OnRecorded(Ended& ended, const state::MessageRow& row) const;
  // Logs why, keeps the job for RetryUnrecorded, and tells the caller the first
  // time.
  void OnUnrecorded(const JobPtr& job, const absl::Status& why);

  const Dependencies deps_;
  Mutex mutex_;
  // These jobs wait for RetryUnrecorded. Their messages are PENDING, so there
  // are at most as many as Lanes lets in.
  std::vector<JobPtr> unrecorded_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::messaging
