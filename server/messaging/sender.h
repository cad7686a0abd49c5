// A Sender sends messages: it claims the right to send, calls Instagram once,
// and has recorded how that ended. All outbound messages go through it.
// MessagingService calls Send on the executor, the applying thread brings the
// feed, and the App drains it at the end. It is thread-safe.
//
// The steps of a send are: Send → journal (claim) → its customer's lane → Graph
// → journal (outcome) → answer. Once the claim is durable the rest happens
// whatever becomes of the caller. docs/life-of-a-send.md tells it in words.

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

namespace linktor::messaging {

class Sender {
 public:
  using Deadline = WaitingCallers::Deadline;
  // A Done gets the message when it is SENT, else an error with a reason. See
  // Send for its threads.
  using Done =
      absl::AnyInvocable<void(absl::StatusOr<v1::SendMessageResponse>)>;

  // A CallInfo says who asks for a send, and until when.
  struct CallInfo {
    // It is a time of the system's clock. The send itself may end later.
    Deadline deadline;
    // It is the id of the caller's API key, which the message then names; empty
    // without one.
    std::string api_key_id;
  };

  // A send is not begun with less time left: the caller would be gone before
  // the answer, and could not know how the send ended.
  static constexpr std::chrono::milliseconds kLeastTime{500};

  struct Dependencies {
    const Clock& clock;
    // It names this process. Only claims that this process has made are begun.
    journal::Appender appender;
    state::StateReader& state;
    seal::Sealer& sealer;
    journal::Journal& journal;
    const channels::ChannelRegistry& registry;
    graph::GraphClient& graph;
    Executor& executor;
    // At most so many calls go to one customer within an hour; 0 means any
    // number.
    int quota = 0;
    // It is told how each send ended; null for nobody.
    SendObserver* observer = nullptr;
  };

  // Starts the ticker's thread. All that `dependencies` refers to must outlive
  // this, and the executor, the journal and the Graph client must have called
  // what they were given before this ends.
  explicit Sender(const Dependencies& dependencies);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Takes the PENDING messages that the state has, oldest first. It is called
  // once, before the first Send and when the feed is followed already.
  void Load(const std::vector<state::MessageRow>& pending) {
    lanes_.Load(pending);
  }
  // Follows the feed, on the applying thread. It is added behind the channel
  // registry, so that a send which begins finds the channels as they are then.
  void OnCommit(std::span<const journal::AppliedRecord> records);

  // Begins a send and returns; `done` is called once, later or before this
  // returns, on this thread, the executor, the ticker's thread or the thread
  // that calls Drain. `request` has been validated. It reads the disk, so it is
  // called on the executor.
  //
  // Errors with UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_TOO_SHORT or one of
  // refusals.h mean that nothing was sent; SEND_OUTCOME_UNKNOWN means that the
  // message may have been sent. A repeated request id gets the outcome of the
  // first call, or REQUEST_IN_FLIGHT just before the deadline.
  void Send(v1::SendMessageRequest request, CallInfo from, Done done);

  // Refuses new sends (DRAINING), gives up the sends that wait in a lane, and
  // blocks until those at Instagram have ended and are recorded, but not longer
  // than `grace`. Callers who wait for another call's send are answered then.
  // The App calls it once more when it has stopped the calls to Instagram, so
  // that their ends are recorded, too.
  void Drain(std::chrono::milliseconds grace);

  // Sets how many calls may go to one customer within an hour, from the next
  // send on; 0 means any number. The App calls it when the configuration was
  // read again.
  void SetQuota(int quota) { quota_.store(quota, std::memory_order_relaxed); }

  // Ends the ticker's thread, which answers waiting callers at their deadlines
  // and records again what could not be recorded. It is called after Drain; the
  // destructor does it if nobody else has.
  void Stop();

 private:
  // A Job is a send on its way. One step at a time has it; it is shared because
  // each step leaves it in a callback.
  struct Job;
  using JobPtr = std::shared_ptr<Job>;

  // Checks what can be checked without the journal, and fills in the job's
  // claim. On failure nothing is taken and the caller must be answered.
  absl::Status Admit(const JobPtr& job);
  // Returns the job's claim without what is to be sealed.
  journal::Claim ClaimOf(const Job& job) const;
  // Reserves a place in the lane and appends the claim; OnClaim follows. On
  // failure nothing was appended, no place is reserved, and the caller must be
  // answered.
  absl::Status Claim(const JobPtr& job);
  // Goes on when the claim has ended: see the source.
  void OnClaim(const JobPtr& job, journal::Ending ending);
  // Goes on when it is this send's turn, on the executor.
  void OnTurn(const JobPtr& job, state::MessageRow row, Lanes::Turn turn);
  // Calls Instagram; End follows on the executor, in every case.
  void CallGraph(const JobPtr& job);
  // Has the end recorded and the callers told: the first one and those who
  // wait. The job's content is gone afterwards.
  void End(const JobPtr& job, SendEnd end);
  // Settles as FAILED a claim whose caller was told that nothing was sent.
  void SettleOrphan(const state::MessageRow& row);
  // Lets the caller wait for the end of another call's send. It must run on the
  // applying thread; see WaitingCallers::Add.
  void Wait(const JobPtr& job, const state::MessageRow& row);
  // Answers from the state, in which the attempt has ended.
  void AnswerFromState(const JobPtr& job, const state::MessageRow& row);
  // Does what is due; the ticker calls it.
  void Tick();
  std::int64_t NowMs() const;

  const Dependencies deps_;
  std::atomic<int> quota_;
  std::atomic<bool> draining_{false};
  Lanes lanes_;
  WaitingCallers callers_;
  OutcomeRecorder recorder_;
  // The ticker's thread alone uses it.
  std::chrono::steady_clock::time_point next_retry_;
  // It is the last member, so that its thread does not run before the others
  // are made. Stop empties it.
  std::optional<Ticker> ticker_;
};

}  // namespace linktor::messaging
