// Makes it durable how sends ended. What the journal does not take is tried
// again until it does, so that a message stays PENDING for no other reason than
// that its process has died. Thread-safe.

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

namespace linktor {

// Counts sends; implemented by the metrics.
class SendObserver {
 public:
  virtual ~SendObserver() = default;
  // A send has ended as SENT, FAILED or UNCONFIRMED, and this is durable.
  // `reason` is empty with SENT.
  virtual void OnSendEnded(v1::MessageState state, std::string_view reason) = 0;
};

class OutcomeRecorder {
 public:
  struct Dependencies {
    const Clock& clock;
    Journal& journal;
    Sealer& sealer;
    // Must run what it was given before this ends.
    Executor& executor;
    // Told how each send ended; null for nobody.
    SendObserver* observer = nullptr;
  };

  // A send that has ended.
  struct Ended {
    // As it was claimed.
    MessageRow row;
    v1::MessageContent content;
    SendEnd end;
    // What is to be told of it: the message when it is SENT, else an error with
    // message_id and request_id in its metadata. Called on the executor, once
    // or, where the end could not be recorded at first, twice: at once, and
    // when it is recorded.
    absl::AnyInvocable<void(const absl::StatusOr<v1::Message>&)> tell;
  };

  explicit OutcomeRecorder(const Dependencies& dependencies)
      : deps_(dependencies) {}
  OutcomeRecorder(const OutcomeRecorder&) = delete;
  OutcomeRecorder& operator=(const OutcomeRecorder&) = delete;

  // Call on the executor: it may read the disk.
  void Record(Ended ended);

  // Tries again what could not be recorded. To be called every second.
  void RetryUnrecorded();

 private:
  struct Job {
    Ended ended;
    // When it ended: what is recorded later says so all the same.
    std::int64_t end_ms = 0;
    bool told_unrecorded = false;
  };
  using JobPtr = std::shared_ptr<Job>;

  void Append(const JobPtr& job);
  void OnEnding(const JobPtr& job, Ending ending);
  // `row` is the message as it is now.
  void OnRecorded(Ended& ended, const MessageRow& row) const;
  void OnUnrecorded(const JobPtr& job, const absl::Status& why);

  const Dependencies deps_;
  Mutex mutex_;
  // Their messages are PENDING, so that there are no more than Lanes lets in.
  std::vector<JobPtr> unrecorded_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor
