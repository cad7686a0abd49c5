#include "server/messaging/sender.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/cause_log.h"
#include "server/base/log.h"
#include "server/base/status.h"
#include "server/base/try.h"
#include "server/channels/graph_account.h"
#include "server/graph/failure_log.h"
#include "server/graph/observer.h"
#include "server/messaging/message_view.h"
#include "server/store/message_table.h"

namespace linktor {
namespace {

// How exactly waiting callers' deadlines are kept.
constexpr std::chrono::milliseconds kTick{50};
// A waiting caller is answered so long before its deadline, so that the answer
// still reaches it.
constexpr std::chrono::milliseconds kAnswerMargin{200};
// How often an outcome that could not be recorded is tried again.
constexpr std::chrono::seconds kRetryInterval{1};

absl::Status Draining() {
  return MakeError(absl::StatusCode::kUnavailable, v1::ERROR_REASON_DRAINING,
                   "the server is shutting down; nothing was sent");
}

absl::Status InFlight(const RawId& id, const std::string& request_id) {
  return MakeError(
      absl::StatusCode::kAborted,
      "a call with this request id is still under way; ask again, or "
      "GetMessage",
      {.reason = v1::ERROR_REASON_REQUEST_IN_FLIGHT,
       .metadata = {{"request_id", request_id},
                    {"message_id", FormatId(kMessagePrefix, id)}}});
}

absl::Status OutcomeUnknown(std::string_view why) {
  return MakeError(absl::StatusCode::kUnknown,
                   v1::ERROR_REASON_SEND_OUTCOME_UNKNOWN, why);
}

}  // namespace

struct Sender::Job {
  v1::SendMessageRequest request;
  CallInfo from;
  Done done;
  GraphAccount account;
  MessageRow row;
  KeyScope scope;
  bool replayed = false;
  // Once it has ended.
  SendEnd end;
};

Sender::Sender(const Dependencies& dependencies)
    : deps_(dependencies),
      sealer_(dependencies.store.sealer()),
      quota_(dependencies.quota) {
  ticker_ = std::thread([this] { Tick(); });
}

Sender::~Sender() { Stop(); }

void Sender::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.SignalAll();
  if (ticker_.joinable()) ticker_.join();
}

std::int64_t Sender::NowMs() const {
  return absl::ToUnixMillis(deps_.clock.Now());
}

void Sender::Send(v1::SendMessageRequest request, CallInfo from, Done done) {
  auto job = std::make_shared<Job>();
  job->request = std::move(request);
  job->from = std::move(from);
  job->done = std::move(done);
  const auto refuse = [&](absl::Status status) {
    job->done(std::move(status));
  };
  {
    MutexLock lock(mutex_);
    if (draining_) {
      deps_.executor.Run([job] { job->done(Draining()); });
      return;
    }
  }
  if (job->from.deadline - std::chrono::system_clock::now() < kLeastTime) {
    return refuse(MakeError(
        absl::StatusCode::kDeadlineExceeded,
        v1::ERROR_REASON_DEADLINE_TOO_SHORT,
        "less than 500 ms were left, so the send was not begun; give it more"));
  }
  const ChannelRegistry::EntryPtr channel =
      deps_.registry.Find(job->request.channel_id());
  if (channel == nullptr) {
    return refuse(ChannelNotFound(job->request.channel_id()));
  }
  absl::StatusOr<GraphAccount> account = GraphAccountOf(*channel);
  if (!account.ok()) return refuse(account.status());
  job->account = *std::move(account);
  absl::StatusOr<ClaimRecord> claim = MakeClaim(*channel, *job);
  if (!claim.ok()) return refuse(claim.status());
  deps_.journal.Append(*std::move(claim),
                       [this, job](absl::StatusOr<Outcome> outcome) {
                         OnClaim(job, std::move(outcome));
                       });
}

absl::StatusOr<ClaimRecord> Sender::MakeClaim(const ChannelEntry& channel,
                                              Job& job) {
  ClaimRecord claim;
  claim.time_ms = NowMs();
  claim.message_id = NewRawId();
  claim.channel_no = channel.no;
  claim.channel_id = channel.channel.id();
  claim.user_id = job.request.to();
  if (job.request.request_id().empty()) {
    job.request.set_request_id(FormatId(kRequestPrefix, NewRawId()));
  }
  claim.request_id = job.request.request_id();
  v1::SendMessageRequest fingerprinted = job.request;
  fingerprinted.clear_request_id();
  claim.request_fingerprint =
      sealer_.RequestFingerprint(fingerprinted.SerializeAsString());
  claim.human_agent = job.request.tag() == v1::MESSAGE_TAG_HUMAN_AGENT;
  claim.quota = quota_.load(std::memory_order_relaxed);
  claim.api_key_id = job.from.api_key_id;
  claim.refuse_without_history =
      channel.channel.on_no_history() == v1::NO_HISTORY_POLICY_REFUSE;
  job.scope = {.channel_no = channel.no, .user_id = claim.user_id};
  if (job.request.content().has_text()) {
    claim.content_match =
        sealer_.ContentMatch(job.scope, job.request.content().text());
  }
  LINKTOR_ASSIGN(
      claim.sealed_content,
      sealer_.Seal(job.scope, SealedPlace::kMessage, claim.message_id,
                   job.request.content().SerializeAsString(), claim.new_keys));
  return claim;
}

// On the journal's thread: claims enter their lanes in the order of the log.
void Sender::OnClaim(const JobPtr& job, absl::StatusOr<Outcome> outcome) {
  if (!outcome.ok()) {
    deps_.executor.Run([job, status = outcome.status()] { job->done(status); });
    return;
  }
  auto& claim = std::get<ClaimOutcome>(*outcome);
  job->row = std::move(claim.message);
  switch (claim.kind) {
    case ClaimOutcome::Kind::kClaimed:
      return EnterLane(job);
    case ClaimOutcome::Kind::kEnded:
      deps_.executor.Run([this, job] { AnswerEnded(job); });
      return;
    case ClaimOutcome::Kind::kInFlight:
      return AddWaiter(job);
    case ClaimOutcome::Kind::kReused:
      deps_.executor.Run([job] {
        job->done(MakeError(
            absl::StatusCode::kInvalidArgument,
            "the request id was used for another message; use a new one",
            {.reason = v1::ERROR_REASON_REQUEST_ID_REUSED,
             .metadata = {{"request_id", job->request.request_id()}}}));
      });
      return;
    case ClaimOutcome::Kind::kRefused:
      deps_.executor.Run(
          [job, refusal = claim.refusal] { job->done(refusal); });
      return;
  }
}

void Sender::EnterLane(const JobPtr& job) {
  bool give_up = false;
  bool first = false;
  {
    MutexLock lock(mutex_);
    // Whoever comes too late enters no lane: nothing may start it there.
    give_up = draining_;
    if (!give_up) {
      auto& lane = lanes_[job->scope];
      first = lane.empty();
      lane.push_back(job);
    }
  }
  if (give_up) {
    job->end = {.state = v1::MESSAGE_STATE_FAILED, .error = Draining()};
    deps_.executor.Run([this, job] { Record(job); });
  } else if (first) {
    deps_.executor.Run([this, job] { Start(job); });
  }
}

void Sender::Start(const JobPtr& job) {
  deps_.graph.Send(job->account, job->row.user_id, job->request.content(),
                   job->request.tag(), [this, job](GraphSendResult result) {
                     if (!result.mid.empty()) {
                       job->end = {.state = v1::MESSAGE_STATE_SENT,
                                   .mid = std::move(result.mid)};
                     } else {
                       job->end = {.state = result.failure.outcome_unknown
                                                ? v1::MESSAGE_STATE_UNCONFIRMED
                                                : v1::MESSAGE_STATE_FAILED,
                                   .error = std::move(result.failure.status)};
                       LogFailure(*job);
                     }
                     deps_.executor.Run([this, job] { Record(job); });
                   });
}

void Sender::LogFailure(const Job& job) {
  LogGraphFailure(kGraphSend, job.row.channel_id, job.end.error,
                  FormatId(kMessagePrefix, job.row.id));
}

void Sender::Record(const JobPtr& job) {
  AddErrorMetadata(job->end.error, "message_id",
                   FormatId(kMessagePrefix, job->row.id));
  AddErrorMetadata(job->end.error, "request_id", job->row.request_id);
  absl::StatusOr<OutcomeRecord> record = MakeOutcomeRecord(
      sealer_, job->row, job->request.content(), job->end, NowMs());
  if (!record.ok()) return OnRecorded(job, record.status());
  deps_.journal.Append(
      *std::move(record), [this, job](absl::StatusOr<Outcome> outcome) {
        deps_.executor.Run([this, job, o = std::move(outcome)]() mutable {
          OnRecorded(job, std::move(o));
        });
      });
}

void Sender::OnRecorded(const JobPtr& job, absl::StatusOr<Outcome> outcome) {
  if (!outcome.ok()) {
    LogCause(LogLevel::kError, "outcome of a send cannot be recorded", "",
             {{"message_id", FormatId(kMessagePrefix, job->row.id)},
              {"error", outcome.status().ToString()}});
    const bool sent = job->end.state == v1::MESSAGE_STATE_SENT;
    absl::Status told =
        sent ? OutcomeUnknown(
                   "Instagram took the message, but this server could not "
                   "record it; GetMessage will tell")
             : job->end.error;
    Answer(job, told, {});
    if (absl::IsResourceExhausted(outcome.status())) {
      MutexLock lock(mutex_);
      unrecorded_.push_back(job);
      return;
    }
    return LeaveLane(job);
  }
  const auto& recorded = std::get<MessageOutcome>(*outcome);
  if (deps_.observer != nullptr) {
    deps_.observer->OnSendEnded(job->end.state,
                                ErrorInfoOf(job->end.error).reason());
  }
  v1::Message message = DescribeMessage(recorded.message);
  SetContent(job->request.content(), message);
  absl::Status status;
  if (recorded.message.state != v1::MESSAGE_STATE_SENT) {
    status = job->end.error;
  }
  Answer(job, status, message);
  LeaveLane(job);
}

// Tells the caller and whoever waits for the same message.
void Sender::Answer(const JobPtr& job, const absl::Status& status,
                    const v1::Message& message) {
  std::vector<Waiter> waiters;
  {
    MutexLock lock(mutex_);
    if (auto node = waiters_.extract(AttemptOf(job->row))) {
      waiters = std::move(node.mapped());
    }
  }
  const auto tell = [&](Done& done, bool replayed) {
    if (!status.ok()) return done(status);
    v1::SendMessageResponse response;
    *response.mutable_message() = message;
    response.set_replayed(replayed);
    done(std::move(response));
  };
  if (job->done) tell(job->done, false);
  job->done = nullptr;
  for (Waiter& waiter : waiters) tell(waiter.done, true);
}

void Sender::LeaveLane(const JobPtr& job) {
  JobPtr next;
  {
    MutexLock lock(mutex_);
    const auto it = lanes_.find(job->scope);
    if (it == lanes_.end()) return;
    const bool was_first = it->second.front() == job;
    std::erase(it->second, job);
    if (it->second.empty()) {
      lanes_.erase(it);
    } else if (was_first) {
      next = it->second.front();
    }
  }
  lane_left_.SignalAll();
  if (next != nullptr) Start(next);
}

void Sender::AnswerEnded(const JobPtr& job) {
  absl::StatusOr<v1::Message> message = OpenMessage(sealer_, job->row);
  if (!message.ok()) return job->done(message.status());
  if (job->row.state == v1::MESSAGE_STATE_SENT) {
    v1::SendMessageResponse response;
    *response.mutable_message() = *std::move(message);
    response.set_replayed(true);
    return job->done(std::move(response));
  }
  absl::Status status = OutcomeUnknown(message->error().message());
  for (const auto& [key, value] : message->error().metadata()) {
    AddErrorMetadata(status, key, value);
  }
  job->done(std::move(status));
}

void Sender::AddWaiter(const JobPtr& job) {
  {
    MutexLock lock(mutex_);
    if (!draining_) {
      waiters_[AttemptOf(job->row)].push_back(
          {job->from.deadline, job->row.request_id,
           [job](absl::StatusOr<v1::SendMessageResponse> r) {
             job->done(std::move(r));
           }});
      return;
    }
  }
  deps_.executor.Run(
      [job] { job->done(InFlight(job->row.id, job->row.request_id)); });
}

absl::StatusOr<v1::Message> Sender::Resolve(
    const v1::ResolveMessageRequest& request) {
  const ChannelRegistry::EntryPtr channel =
      deps_.registry.Find(request.channel_id());
  if (channel == nullptr) return ChannelNotFound(request.channel_id());
  LINKTOR_ASSIGN(const MessageRow row,
                 deps_.reader.FindSend(*channel, request.message_id()));
  const auto refuse = [](v1::MessageState state) {
    return MakeError(absl::StatusCode::kFailedPrecondition,
                     "only an UNCONFIRMED message can be resolved",
                     {.reason = v1::ERROR_REASON_MESSAGE_NOT_UNCONFIRMED,
                      .metadata = {{"state", v1::MessageState_Name(state)}}});
  };
  if (row.state != v1::MESSAGE_STATE_UNCONFIRMED) return refuse(row.state);
  SendEnd end{.settled_by = v1::SETTLED_BY_CALLER};
  if (request.resolution() == v1::MESSAGE_RESOLUTION_SENT) {
    end.state = v1::MESSAGE_STATE_SENT;
  } else {
    end.state = v1::MESSAGE_STATE_FAILED;
    end.error = MakeError(
        absl::StatusCode::kFailedPrecondition,
        "resolved as not sent; the request id may be used again",
        {.reason = v1::ERROR_REASON_RESOLVED_NOT_SENT,
         .metadata = {{"message_id", FormatId(kMessagePrefix, row.id)},
                      {"request_id", row.request_id}}});
  }
  LINKTOR_ASSIGN(
      const std::string opened,
      sealer_.Open(SealedPlace::kMessage, row.id, row.sealed_content));
  v1::MessageContent content;
  if (!content.ParseFromString(opened)) {
    return absl::DataLossError("stored content cannot be read");
  }
  LINKTOR_ASSIGN(OutcomeRecord record,
                 MakeOutcomeRecord(sealer_, row, content, end, NowMs()));
  LINKTOR_ASSIGN(const auto outcome,
                 AppendAs<MessageOutcome>(deps_.journal, std::move(record)));
  if (!outcome.applied) return refuse(outcome.message.state);
  return OpenMessage(sealer_, outcome.message);
}

absl::Status Sender::SettleAbandoned() {
  std::vector<MessageRow> abandoned;
  LINKTOR_TRY(deps_.store.pool().Read([&](Database& database) -> absl::Status {
    LINKTOR_ASSIGN(abandoned, FindPending(database));
    return absl::OkStatus();
  }));
  for (const MessageRow& row : abandoned) {
    SendEnd end{.state = v1::MESSAGE_STATE_UNCONFIRMED};
    end.error = OutcomeUnknown(
        "the server stopped while the message was being sent; it may have been "
        "delivered. Instagram's echo settles it, or ResolveMessage");
    AddErrorMetadata(end.error, "message_id", FormatId(kMessagePrefix, row.id));
    AddErrorMetadata(end.error, "request_id", row.request_id);
    v1::MessageContent content;
    const auto opened =
        sealer_.Open(SealedPlace::kMessage, row.id, row.sealed_content);
    if (opened.ok()) (void)content.ParseFromString(*opened);
    LINKTOR_ASSIGN(OutcomeRecord record,
                   MakeOutcomeRecord(sealer_, row, content, end, NowMs()));
    LINKTOR_TRY(
        AppendAs<MessageOutcome>(deps_.journal, std::move(record)).status());
  }
  if (!abandoned.empty()) {
    Log(LogLevel::kWarning, "sends of a stopped process are unconfirmed",
        {{"count", std::to_string(abandoned.size())}});
  }
  return absl::OkStatus();
}

void Sender::Drain(std::chrono::milliseconds grace) {
  std::vector<JobPtr> given_up;
  const auto end = std::chrono::steady_clock::now() + grace;
  {
    MutexLock lock(mutex_);
    draining_ = true;
    for (auto& [scope, lane] : lanes_) {
      given_up.insert(given_up.end(), lane.begin() + 1, lane.end());
      lane.resize(1);
    }
  }
  for (const JobPtr& job : given_up) {
    job->end = {.state = v1::MESSAGE_STATE_FAILED, .error = Draining()};
    Record(job);
  }
  absl::flat_hash_map<Attempt, std::vector<Waiter>> waiters;
  {
    MutexLock lock(mutex_);
    while (!lanes_.empty() && std::chrono::steady_clock::now() < end) {
      lane_left_.WaitFor(mutex_, end - std::chrono::steady_clock::now());
    }
    waiters.swap(waiters_);
  }
  // Nobody may wait longer than the server.
  for (auto& [attempt, list] : waiters) {
    for (Waiter& waiter : list) {
      waiter.done(InFlight(attempt.first, waiter.request_id));
    }
  }
}

void Sender::Tick() {
  using SteadyClock = std::chrono::steady_clock;
  auto next_retry = SteadyClock::now() + kRetryInterval;
  for (;;) {
    std::vector<std::pair<RawId, Waiter>> late;
    std::vector<JobPtr> again;
    {
      MutexLock lock(mutex_);
      if (!stopping_) stop_.WaitFor(mutex_, kTick);
      if (stopping_) return;
      const auto latest = std::chrono::system_clock::now() + kAnswerMargin;
      for (auto& [attempt, waiters] : waiters_) {
        for (Waiter& waiter : waiters) {
          if (waiter.deadline <= latest) {
            late.emplace_back(attempt.first, std::move(waiter));
          }
        }
        std::erase_if(waiters, [latest](const Waiter& w) {
          return w.deadline <= latest;
        });
      }
      if (SteadyClock::now() >= next_retry) {
        next_retry = SteadyClock::now() + kRetryInterval;
        again.swap(unrecorded_);
      }
    }
    for (auto& [id, waiter] : late) {
      waiter.done(InFlight(id, waiter.request_id));
    }
    for (const JobPtr& job : again) {
      deps_.executor.Run([this, job] { Record(job); });
    }
  }
}

}  // namespace linktor
