// A Sender sends messages to Instagram. It claims the right to send a message,
// calls Instagram once, and stores how the call ended. All outbound messages go
// through it. MessagingService calls Send on the executor (base/executor.h).
// The applying thread, which is the journal's only writer, calls OnCommit. The
// App calls Drain when the server shuts down. The class is thread-safe.
//
// The steps of a send are: Send → journal (claim) → its customer's lane → Graph
// → journal (outcome) → answer. A claim is the record that asks the journal for
// the right to send. Once the claim is durable, the other steps happen even if
// the caller goes away. docs/life-of-a-send.md explains the steps.

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
  // A Done gets the message when it is SENT, and otherwise an error with a
  // reason. The comment at Send says on which threads it is called.
  using Done =
      absl::AnyInvocable<void(absl::StatusOr<v1::SendMessageResponse>)>;

  // A CallInfo says who asks for a send, and until when this caller waits.
  struct CallInfo {
    // It is a time of the system's clock. The send itself may end later.
    Deadline deadline;
    // It is the id of the caller's API key. The claim stores it with the
    // message. It is empty when the caller has no key.
    std::string api_key_id;
  };

  // A send is not begun when less than this time is left until the deadline.
  // Otherwise the caller could be gone before the answer, and would not know
  // how the send ended.
  static constexpr std::chrono::milliseconds kLeastTime{500};

  struct Dependencies {
    const Clock& clock;
    // It names this process. The Sender begins only the claims that this
    // process has made.
    journal::Appender appender;
    state::StateReader& state;
    seal::Sealer& sealer;
    journal::Journal& journal;
    const channels::ChannelRegistry& registry;
    graph::GraphClient& graph;
    Executor& executor;
    // At most this many calls go to one customer within an hour; 0 means that
    // there is no limit.
    int quota = 0;
    // It is told how each send ended; null means that nobody is told.
    SendObserver* observer = nullptr;
  };

  // Starts the ticker's thread; the comment at Stop says what this thread does.
  // Everything that `dependencies` refers to must outlive the Sender. Before
  // the Sender is destroyed, the executor must have run all tasks that it was
  // given. The journal and the Graph client must have called all their
  // callbacks by then, too.
  explicit Sender(const Dependencies& dependencies);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Adds the PENDING messages of the database; `pending` has them in their
  // order, the oldest first. Load is called once, after OnCommit was added to
  // the feed and before the first Send.
  void Load(const std::vector<state::MessageRow>& pending) {
    lanes_.Load(pending);
  }
  // Follows the feed (journal/feed.h); the applying thread calls it. It is
  // added to the feed after the channel registry, so that the registry is up to
  // date when a send begins.
  void OnCommit(std::span<const journal::AppliedRecord> records);

  // Begins a send and returns. `done` is called once, before or after Send
  // returns. It is called on the thread that calls Send, on the executor, on
  // the ticker's thread, or on the thread that calls Drain. `request` has been
  // validated. Send reads the disk, so it is called on the executor.
  //
  // An error with UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_TOO_SHORT or a
  // reason that refusals.h lists means that nothing was sent.
  // SEND_OUTCOME_UNKNOWN means that the message may have been sent. A call that
  // repeats a request id gets the outcome of the first call. The second call
  // gets REQUEST_IN_FLIGHT when the send of the first call is still under way
  // just before the second call's deadline.
  void Send(v1::SendMessageRequest request, CallInfo from, Done done);

  // Refuses new sends with DRAINING, and gives up the sends that wait in a
  // lane. Then it blocks until the sends at Instagram have ended and their ends
  // are stored, but not longer than `grace`. After that it answers the callers
  // who wait for the send of another call. The App calls Drain once more after
  // it has stopped the calls to Instagram, so that the ends of these calls are
  // stored, too.
  void Drain(std::chrono::milliseconds grace);

  // Sets how many calls may go to one customer within an hour; 0 means that
  // there is no limit. The new number applies from the next send on. The App
  // calls it after it has read the configuration again.
  void SetQuota(int quota) { quota_.store(quota, std::memory_order_relaxed); }

  // Ends the ticker's thread. This thread answers waiting callers at their
  // deadlines, and tries again to store outcomes that could not be stored. Stop
  // is called after Drain. The destructor calls it if nobody else has.
  void Stop();

 private:
  // A Job is a send on its way. Only one step has it at a time. JobPtr is a
  // shared pointer, because each step hands the job on in a callback.
  struct Job;
  using JobPtr = std::shared_ptr<Job>;

  // Checks everything that can be checked without the journal, and fills in the
  // fields from which the job's claim is made. On failure nothing is reserved,
  // and the caller must be answered.
  absl::Status Admit(const JobPtr& job);
  // Returns the job's claim, without the sealed (encrypted) content and the
  // keyed hash of the content.
  journal::Claim ClaimOf(const Job& job) const;
  // Reserves an entry in the lane and appends the claim; OnClaim follows. On
  // failure nothing was appended, nothing is reserved, and the caller must be
  // answered.
  absl::Status Claim(const JobPtr& job);
  // Continues when the append of the claim has ended. sender.cc explains the
  // cases.
  void OnClaim(const JobPtr& job, journal::Ending ending);
  // Continues on the executor when it is this send's turn in its lane.
  void OnTurn(const JobPtr& job, state::MessageRow row, Lanes::Turn turn);
  // Calls Instagram. In every case End follows on the executor.
  void CallGraph(const JobPtr& job);
  // Gives the end to the recorder, which stores it and then tells the first
  // caller and all callers who wait for this send. Afterwards the job has no
  // content any more.
  void End(const JobPtr& job, SendEnd end);
  // Records an orphan as FAILED; Lanes::OnOrphan explains orphans. The caller
  // of the orphan's send was told that nothing was sent.
  void SettleOrphan(const state::MessageRow& row);
  // Lets the caller wait for the end of another call's send. It must run on the
  // applying thread; WaitingCallers::Add says why.
  void Wait(const JobPtr& job, const state::MessageRow& row);
  // Answers the caller from the database, because the feed has already reported
  // the end of the attempt.
  void AnswerFromState(const JobPtr& job, const state::MessageRow& row);
  // Answers waiting callers at their deadlines, and tries again to store
  // outcomes. The ticker calls it.
  void Tick();
  std::int64_t NowMs() const;

  const Dependencies deps_;
  std::atomic<int> quota_;
  std::atomic<bool> draining_{false};
  Lanes lanes_;
  WaitingCallers callers_;
  OutcomeRecorder recorder_;
  // Only the ticker's thread uses it.
  std::chrono::steady_clock::time_point next_retry_;
  // It is the last member, so that its thread does not run before the other
  // members exist. Stop empties it.
  std::optional<Ticker> ticker_;
};

}  // namespace linktor::messaging
