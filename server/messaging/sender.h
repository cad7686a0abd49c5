// Sends messages: claims the right to, calls Instagram once, and has it
// recorded how that ended. The one use-case class for outbound. Thread-safe.
//
// A send's way: Send → journal (claim) → its customer's lane → Graph → journal
// (outcome) → answer. Once the claim is durable the rest happens whatever
// becomes of the caller.

#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/base/clock.h"
#include "server/base/executor.h"
#include "server/base/ticker.h"
#include "server/channels/registry.h"
#include "server/graph/client.h"
#include "server/journal/data_folder.h"
#include "server/journal/feed.h"
#include "server/journal/journal.h"
#include "server/messaging/lanes.h"
#include "server/messaging/outcome_recorder.h"
#include "server/messaging/waiting_callers.h"
#include "server/seal/sealer.h"
#include "server/state/state_reader.h"

namespace linktor {

class Sender {
 public:
  using Deadline = WaitingCallers::Deadline;
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

  struct Dependencies {
    const Clock& clock;
    // The claims of this appender are begun.
    Appender appender;
    StateReader& state;
    Sealer& sealer;
    Journal& journal;
    const ChannelRegistry& registry;
    GraphClient& graph;
    Executor& executor;
    // Most calls to one customer within an hour; 0 for any number.
    int quota = 0;
    // Told how each send ended; null for nobody.
    SendObserver* observer = nullptr;
  };

  // All must outlive this, and the executor must have run what it was given
  // before this ends.
  explicit Sender(const Dependencies& dependencies);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Takes the PENDING messages that the state has, oldest first. Call once,
  // before the first Send and when the feed is followed already.
  void Load(const std::vector<MessageRow>& pending) { lanes_.Load(pending); }
  // Follows the feed, behind the channel registry: what is begun finds the
  // channels as they are then.
  void OnCommit(std::span<const AppliedRecord> records);

  // `request` has been validated. `done` is called once, on the executor or on
  // this thread. Reads the disk: call on an executor.
  void Send(v1::SendMessageRequest request, CallInfo from, Done done);

  // Refuses new sends, gives up those that wait in a lane, and waits for those
  // at Instagram, at most for `grace`.
  void Drain(std::chrono::milliseconds grace);

  // Most calls to one customer within an hour, from the next send on; 0 for any
  // number.
  void SetQuota(int quota) { quota_.store(quota, std::memory_order_relaxed); }

  // Ends the thread that answers waiting callers, and that records again what
  // could not be. After Drain; done by the destructor if by nobody else.
  void Stop();

 private:
  struct Job;
  using JobPtr = std::shared_ptr<Job>;

  absl::Status Admit(const JobPtr& job);
  // A claim without what is to be sealed.
  journal::Claim ClaimOf(const Job& job) const;
  absl::Status Claim(const JobPtr& job);
  void OnClaim(const JobPtr& job, Ending ending);
  void OnTurn(const JobPtr& job, MessageRow row, Lanes::Turn turn);
  void CallGraph(const JobPtr& job);
  void End(const JobPtr& job, SendEnd end);
  void SettleOrphan(const MessageRow& row);
  void Wait(const JobPtr& job, const MessageRow& row);
  // Answers from the state, in which the attempt has ended.
  void AnswerFromState(const JobPtr& job, const MessageRow& row);
  void Tick();
  std::int64_t NowMs() const;

  const Dependencies deps_;
  std::atomic<int> quota_;
  std::atomic<bool> draining_{false};
  Lanes lanes_;
  WaitingCallers callers_;
  OutcomeRecorder recorder_;
  // The ticker's thread's.
  std::chrono::steady_clock::time_point next_retry_;
  std::optional<Ticker> ticker_;
};

}  // namespace linktor
