// Sends messages: claims the right to, calls Instagram once, and records how
// that ended. The one use-case class for outbound. Thread-safe.
//
// A send's way: Send → journal (claim) → its user's lane → Graph → journal
// (outcome) → answer. Once the claim is durable the rest happens whatever
// becomes of the caller. Lanes keep the sends to one user in the order of their
// claims, one at a time.

#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/base/clock.h"
#include "server/base/executor.h"
#include "server/base/mutex.h"
#include "server/channels/registry.h"
#include "server/graph/client.h"
#include "server/messaging/message_reader.h"
#include "server/messaging/outcome.h"
#include "server/store/journal.h"
#include "server/store/store.h"

namespace linktor {

// Counts sends; implemented by the metrics.
class SendObserver {
 public:
  virtual ~SendObserver() = default;
  // A send has ended as SENT, FAILED or UNCONFIRMED, and this is durable.
  // `reason` is empty with SENT.
  virtual void OnSendEnded(v1::MessageState state, std::string_view reason) = 0;
};

class Sender {
 public:
  using Deadline = std::chrono::system_clock::time_point;
  using Done =
      absl::AnyInvocable<void(absl::StatusOr<v1::SendMessageResponse>)>;

  // It says who asks for a send, and until when.
  struct CallInfo {
    Deadline deadline;
    // The key of the caller, which the message then names; empty without one.
    std::string api_key_id;
  };

  // With less time left a send is not begun: the caller would only learn that
  // it does not know how it ended.
  static constexpr std::chrono::milliseconds kLeastTime{500};
  // How long a request id is kept.
  static constexpr absl::Duration kRequestIdAge = absl::Hours(7 * 24);

  struct Dependencies {
    const Clock& clock;
    Store& store;
    Journal& journal;
    const ChannelRegistry& registry;
    GraphClient& graph;
    MessageReader& reader;
    Executor& executor;
    // Most calls to one customer within an hour; 0 for any number.
    int quota = 0;
    // Told how each send ended; null for nobody.
    SendObserver* observer = nullptr;
  };

  explicit Sender(const Dependencies& dependencies);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // `request` has been validated. `done` is called once, on the executor.
  void Send(v1::SendMessageRequest request, CallInfo from, Done done);

  // Blocks on the journal: call on an executor. `request` has been validated.
  absl::StatusOr<v1::Message> Resolve(const v1::ResolveMessageRequest& request);

  // Sends that a process left PENDING when it died become UNCONFIRMED. Call
  // once, before the first Send.
  absl::Status SettleAbandoned();

  // Refuses new sends, gives up those that wait in a lane, and waits for those
  // at Instagram, at most for `grace`.
  void Drain(std::chrono::milliseconds grace);

  // Most calls to one customer within an hour, from the next send on; 0 for any
  // number.
  void SetQuota(int quota) { quota_.store(quota, std::memory_order_relaxed); }

  // Ends the thread that answers waiting callers. After Drain; done by the
  // destructor if by nobody else.
  void Stop();

 private:
  struct Job;
  using JobPtr = std::shared_ptr<Job>;
  // One attempt at a message; the message's id alone would mix up a caller of
  // the next attempt with the end of this one.
  using Attempt = std::pair<RawId, int>;
  static Attempt AttemptOf(const MessageRow& row) {
    return {row.id, row.attempt};
  }
  struct Waiter {
    Deadline deadline;
    std::string request_id;
    Done done;
  };

  absl::StatusOr<ClaimRecord> MakeClaim(const ChannelEntry& channel, Job& job);
  void OnClaim(const JobPtr& job, absl::StatusOr<Outcome> outcome);
  void EnterLane(const JobPtr& job);
  void Start(const JobPtr& job);
  // Tells the log why Meta did not take a message.
  static void LogFailure(const Job& job);
  void Record(const JobPtr& job);
  void OnRecorded(const JobPtr& job, absl::StatusOr<Outcome> outcome);
  void LeaveLane(const JobPtr& job);
  void Answer(const JobPtr& job, const absl::Status& status,
              const v1::Message& message);
  void AnswerEnded(const JobPtr& job);
  void AddWaiter(const JobPtr& job);
  void Tick();
  std::int64_t NowMs() const;

  const Dependencies deps_;
  Sealer& sealer_;
  std::atomic<int> quota_;

  Mutex mutex_;
  CondVar lane_left_;
  CondVar stop_;
  absl::flat_hash_map<KeyScope, std::deque<JobPtr>> lanes_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Attempt, std::vector<Waiter>> waiters_
      ABSL_GUARDED_BY(mutex_);
  // Ended, but the journal had no room; tried again.
  std::vector<JobPtr> unrecorded_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread ticker_;
};

}  // namespace linktor
