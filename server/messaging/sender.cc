#include "server/messaging/sender.h"

#include <utility>
#include <variant>

#include "server/base/ids.h"
#include "server/base/status.h"
#include "server/base/try.h"
#include "server/channels/graph_account.h"
#include "server/graph/failure_log.h"
#include "server/graph/observer.h"
#include "server/messaging/early_refusal.h"
#include "server/messaging/ended_message.h"
#include "server/messaging/message_view.h"
#include "server/messaging/outcome.h"
#include "server/messaging/refusals.h"
#include "server/policy/content_match.h"
#include "server/state/effects.h"

namespace linktor::messaging {
namespace {

// The deadlines of waiting callers are kept with this precision; a look costs
// next to nothing.
constexpr std::chrono::milliseconds kTick{50};
// A waiting caller is answered so long before its deadline, so that the answer
// still reaches it.
constexpr std::chrono::milliseconds kAnswerMargin{200};
// An outcome that could not be recorded is tried again after this time: a full
// disk does not get better sooner.
constexpr std::chrono::seconds kRetryInterval{1};

absl::Status Draining() {
  return MakeError(absl::StatusCode::kUnavailable, v1::ERROR_REASON_DRAINING,
                   "the server is shutting down; nothing was sent");
}

}  // namespace

struct Sender::Job {
  v1::SendMessageRequest request;
  CallInfo from;
  // It is empty once the caller was answered.
  Done done;
  // Admit fills in these; the claim is made of them.
  RawId claim_id;
  std::int64_t claim_ms = 0;
  seal::KeyScope customer;
  std::string request_fingerprint;
  bool refuse_without_history = false;
  int quota = 0;
  // It is the message as it was claimed, and is set when the turn comes.
  state::MessageRow row;

  // Answers the caller, unless that was done.
  void Answer(const absl::StatusOr<v1::Message>& answer, bool replayed) {
    if (!done) return;
    Done caller = std::exchange(done, nullptr);
    if (!answer.ok()) return caller(answer.status());
    v1::SendMessageResponse response;
    *response.mutable_message() = *answer;
    response.set_replayed(replayed);
    caller(std::move(response));
  }
};

Sender::Sender(const Dependencies& dependencies)
    : deps_(dependencies),
      quota_(dependencies.quota),
      lanes_(deps_.appender, deps_.executor,
             [this](const state::MessageRow& row) { SettleOrphan(row); }),
      callers_(deps_.sealer, deps_.executor),
      recorder_({.clock = deps_.clock,
                 .journal = deps_.journal,
                 .sealer = deps_.sealer,
                 .executor = deps_.executor,
                 .observer = deps_.observer}),
      next_retry_(std::chrono::steady_clock::now() + kRetryInterval) {
  ticker_.emplace(kTick, [this] { Tick(); });
}

Sender::~Sender() { Stop(); }

void Sender::Stop() { ticker_.reset(); }

void Sender::Tick() {
  callers_.TellLate(std::chrono::system_clock::now() + kAnswerMargin);
  if (std::chrono::steady_clock::now() < next_retry_) return;
  next_retry_ = std::chrono::steady_clock::now() + kRetryInterval;
  recorder_.RetryUnrecorded();
}

std::int64_t Sender::NowMs() const {
  return absl::ToUnixMillis(deps_.clock.Now());
}

void Sender::OnCommit(std::span<const journal::AppliedRecord> records) {
  lanes_.OnCommit(records);
  callers_.OnCommit(records);
}

void Sender::Drain(std::chrono::milliseconds grace) {
  draining_.store(true, std::memory_order_relaxed);
  lanes_.GiveUpWaiting();
  lanes_.WaitUntilEnded(grace);
  // No caller may wait longer than the server lives.
  callers_.Close();
}

// ---- From the request to the claim ------------------------------------------

void Sender::Send(v1::SendMessageRequest request, CallInfo from, Done done) {
  auto job = std::make_shared<Job>();
  job->request = std::move(request);
  job->from = std::move(from);
  job->done = std::move(done);
  absl::Status status = Admit(job);
  if (status.ok()) status = Claim(job);
  if (!status.ok()) job->Answer(status, /*replayed=*/false);
}

absl::Status Sender::Admit(const JobPtr& job) {
  if (draining_.load(std::memory_order_relaxed)) return Draining();
  if (job->from.deadline - std::chrono::system_clock::now() < kLeastTime) {
    return MakeError(
        absl::StatusCode::kDeadlineExceeded,
        v1::ERROR_REASON_DEADLINE_TOO_SHORT,
        "less than 500 ms were left, so the send was not begun; give it more");
  }
  const std::string& id = job->request.channel_id();
  const channels::ChannelRegistry::EntryPtr channel = deps_.registry.Find(id);
  if (channel == nullptr) return channels::ChannelNotFound(id);
  // This only looks whether there is a token. The Graph call, which may come
  // much later, takes the token that there is then.
  LINKTOR_TRY(channels::GraphAccountOf(*channel).status());
  job->claim_ms = NowMs();
  if (job->request.request_id().empty()) {
    job->request.set_request_id(
        FormatId(kRequestPrefix, NewTimedId(job->claim_ms)));
  }
  v1::SendMessageRequest fingerprinted = job->request;
  fingerprinted.clear_request_id();
  job->request_fingerprint =
      deps_.sealer.RequestFingerprint(fingerprinted.SerializeAsString());
  job->claim_id = NewTimedId(job->claim_ms);
  job->customer = {.channel_no = channel->no, .user_id = job->request.to()};
  job->refuse_without_history =
      channel->channel.on_no_history() == v1::NO_HISTORY_POLICY_REFUSE;
  job->quota = quota_.load(std::memory_order_relaxed);
  return absl::OkStatus();
}

journal::Claim Sender::ClaimOf(const Job& job) const {
  journal::Claim claim;
  claim.set_message_id(job.claim_id);
  claim.set_channel_no(job.customer.channel_no);
  claim.set_channel_id(job.request.channel_id());
  claim.set_user_id(job.customer.user_id);
  claim.set_request_id(job.request.request_id());
  claim.set_request_fingerprint(job.request_fingerprint);
  claim.set_human_agent(job.request.tag() == v1::MESSAGE_TAG_HUMAN_AGENT);
  claim.set_refuse_without_history(job.refuse_without_history);
  claim.set_quota(job.quota);
  claim.set_api_key_id(job.from.api_key_id);
  return claim;
}

absl::Status Sender::Claim(const JobPtr& job) {
  seal::NewKeys new_keys;
  LINKTOR_ASSIGN(std::string sealed,
                 deps_.sealer.Seal(
                     job->customer, seal::SealedPlace::kMessage, job->claim_id,
                     job->request.content().SerializeAsString(), new_keys));
  journal::Record record = journal::NewRecord(job->claim_ms);
  journal::Claim& claim = *record.mutable_claim();
  claim = ClaimOf(*job);
  claim.set_sealed_content(std::move(sealed));
  const std::string match = policy::MatchTextOf(job->request.content());
  if (!match.empty()) {
    claim.set_content_match(deps_.sealer.ContentMatch(job->customer, match));
  }
  if (!new_keys.empty()) {
    LINKTOR_TRY(RefusedEarly(deps_.state, claim, job->claim_ms));
  }
  LINKTOR_TRY(
      lanes_.Reserve(job->customer, job->claim_id,
                     [this, job](state::MessageRow row, Lanes::Turn turn) {
                       OnTurn(job, std::move(row), turn);
                     }));
  journal::AppendSealed(
      deps_.journal, std::move(new_keys),
      journal::Appended{.record = std::move(record), .clear = {}},
      [this, job](journal::Ending ending) { OnClaim(job, std::move(ending)); });
  return absl::OkStatus();
}

// Runs on the applying thread, or on the caller's where the claim was refused
// at once, and so must not block. After kClaimed the lane has the send, and
// OnTurn follows. In every other case the place in the lane is given back and
// the caller is answered, or waits for the call that is under way.
void Sender::OnClaim(const JobPtr& job, journal::Ending ending) {
  using Kind = state::ClaimAnswer::Kind;
  if (!ending.applied()) {
    lanes_.Withdraw(job->claim_id);
    deps_.executor.Run([job, status = std::move(ending.status)] {
      job->Answer(status, /*replayed=*/false);
    });
    return;
  }
  const auto& answer = std::get<state::ClaimAnswer>(ending.answer);
  // The lane has the send already, because the feed is told before this runs.
  if (answer.kind == Kind::kClaimed) return;
  lanes_.Withdraw(job->claim_id);
  if (answer.kind == Kind::kInFlight) return Wait(job, answer.message);
  deps_.executor.Run([this, job, answer] {
    if (answer.kind == Kind::kEnded) {
      job->Answer(AnswerOfEnded(deps_.sealer, answer.message),
                  /*replayed=*/true);
    } else {
      job->Answer(RefusalOf(answer, ClaimOf(*job), job->claim_ms),
                  /*replayed=*/false);
    }
  });
}

void Sender::Wait(const JobPtr& job, const state::MessageRow& row) {
  if (!lanes_.IsPending(row)) {
    deps_.executor.Run([this, job, row] { AnswerFromState(job, row); });
    return;
  }
  callers_.Add(row, job->from.deadline,
               [job](const absl::StatusOr<v1::Message>& answer) {
                 job->Answer(answer, /*replayed=*/true);
               });
}

// It is for an end that came in the same commit as the answer that the send is
// under way: the feed has told of it, so nobody would tell a waiting caller.
void Sender::AnswerFromState(const JobPtr& job, const state::MessageRow& row) {
  const auto now = deps_.state.MessageById(row.id);
  absl::StatusOr<v1::Message> answer = RequestInFlight(row);
  if (!now.ok()) {
    answer = now.status();
  } else if (now->has_value() && (*now)->state != v1::MESSAGE_STATE_PENDING) {
    answer = AnswerOfEnded(deps_.sealer, **now);
  }
  job->Answer(answer, /*replayed=*/true);
}

// ---- From the claim to its end ----------------------------------------------

void Sender::OnTurn(const JobPtr& job, state::MessageRow row,
                    Lanes::Turn turn) {
  job->row = std::move(row);
  if (turn == Lanes::Turn::kGiveUp) {
    return End(job, {.state = v1::MESSAGE_STATE_FAILED, .error = Draining()});
  }
  CallGraph(job);
}

// Takes the channel and its token as they are now, since both may have changed
// while the send waited. A channel that was deleted, or deleted and made again
// under the same id, ends the send as FAILED. Without a mid the answer's
// failure decides between FAILED and UNCONFIRMED.
void Sender::CallGraph(const JobPtr& job) {
  const state::MessageRow& row = job->row;
  const channels::ChannelRegistry::EntryPtr channel =
      deps_.registry.Find(row.channel_id);
  absl::StatusOr<graph::GraphAccount> account = ChannelDeleted(row.channel_id);
  if (channel != nullptr && channel->no == row.channel_no) {
    account = channels::GraphAccountOf(*channel);
  }
  if (!account.ok()) {
    return End(job,
               {.state = v1::MESSAGE_STATE_FAILED, .error = account.status()});
  }
  deps_.graph.Send(
      *account, row.user_id, job->request.content(), job->request.tag(),
      [this, job](graph::GraphSendResult result) {
        SendEnd end{.state = v1::MESSAGE_STATE_SENT,
                    .mid = std::move(result.mid)};
        if (end.mid.empty()) {
          end.state = result.failure.outcome_unknown
                          ? v1::MESSAGE_STATE_UNCONFIRMED
                          : v1::MESSAGE_STATE_FAILED;
          end.error = std::move(result.failure.status);
          graph::LogGraphFailure(graph::kGraphSend, job->row.channel_id,
                                 end.error,
                                 FormatId(kMessagePrefix, job->row.id));
        }
        deps_.executor.Run([this, job, end = std::move(end)]() mutable {
          End(job, std::move(end));
        });
      });
}

void Sender::End(const JobPtr& job, SendEnd end) {
  recorder_.Record(
      {.row = job->row,
       .content = std::move(*job->request.mutable_content()),
       .end = std::move(end),
       .tell = [this, job](const absl::StatusOr<v1::Message>& answer) {
         job->Answer(answer, /*replayed=*/false);
         callers_.Tell(job->row, answer);
       }});
}

void Sender::SettleOrphan(const state::MessageRow& row) {
  recorder_.Record(
      {.row = row,
       .content = OpenContent(deps_.sealer, row).value_or(v1::MessageContent()),
       .end = {.state = v1::MESSAGE_STATE_FAILED,
               .error = MakeError(absl::StatusCode::kUnavailable,
                                  v1::ERROR_REASON_STORE_FAILED,
                                  "the caller could not be told that the send "
                                  "was accepted; nothing was sent")},
       .tell = [this, row](const absl::StatusOr<v1::Message>& answer) {
         callers_.Tell(row, answer);
       }});
}

}  // namespace linktor::messaging
