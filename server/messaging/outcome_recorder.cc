#include "server/messaging/outcome_recorder.h"

#include <string>
#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "server/base/cause_log.h"
#include "server/base/ids.h"
#include "server/base/status.h"
#include "server/messaging/ended_message.h"
#include "server/messaging/message_view.h"
#include "server/state/message_event.h"

namespace linktor::messaging {
namespace {

void AddIds(const state::MessageRow& row, absl::Status& status) {
  AddErrorMetadata(status, "message_id", FormatId(kMessagePrefix, row.id));
  AddErrorMetadata(status, "request_id", row.request_id);
}

// Returns whether the journal takes nothing more. Then a retry is of no use,
// and the next start settles the message.
bool IsDraining(const absl::Status& status) {
  return ErrorInfoOf(status).reason() == ReasonName(v1::ERROR_REASON_DRAINING);
}

}  // namespace

void OutcomeRecorder::Record(Ended ended) {
  auto job = std::make_shared<Job>();
  job->ended = std::move(ended);
  job->end_ms = absl::ToUnixMillis(deps_.clock.Now());
  if (!job->ended.end.error.ok()) {
    AddIds(job->ended.row, job->ended.end.error);
  }
  Append(job);
}

void OutcomeRecorder::Append(const JobPtr& job) {
  absl::StatusOr<OutcomeRecord> record =
      MakeOutcomeRecord(deps_.sealer, job->ended.row, job->ended.content,
                        job->ended.end, job->end_ms);
  if (!record.ok()) return OnUnrecorded(job, record.status());
  journal::AppendSealed(
      deps_.journal, std::move(record->new_keys), std::move(record->appended),
      [this, job](journal::Ending ending) {
        deps_.executor.Run([this, job, e = std::move(ending)]() mutable {
          OnEnding(job, std::move(e));
        });
      });
}

// Applied does not mean that the message took this end: another record may have
// settled it before. Where that made it UNCONFIRMED, this end is the better
// knowledge, and is appended again for a message in that state.
void OutcomeRecorder::OnEnding(const JobPtr& job, journal::Ending ending) {
  if (!ending.applied()) return OnUnrecorded(job, ending.status);
  auto& answer = std::get<state::SendAnswer>(ending.answer);
  Ended& ended = job->ended;
  if (!answer.applied &&
      answer.message.state == v1::MESSAGE_STATE_UNCONFIRMED &&
      answer.message.attempt == ended.row.attempt &&
      ended.row.state == v1::MESSAGE_STATE_PENDING &&
      ended.end.state != v1::MESSAGE_STATE_UNCONFIRMED) {
    ended.row = std::move(answer.message);
    return Append(job);
  }
  OnRecorded(ended, answer.message);
}

void OutcomeRecorder::OnRecorded(Ended& ended,
                                 const state::MessageRow& row) const {
  if (deps_.observer != nullptr) {
    deps_.observer->OnSendEnded(ended.end.state,
                                ErrorInfoOf(ended.end.error).reason());
  }
  if (WasSent(row.state)) {
    v1::Message message = state::DescribeMessage(row);
    // What was taken back meanwhile has no content.
    if (!seal::IsErased(row.sealed_content)) SetContent(ended.content, message);
    return ended.tell(std::move(message));
  }
  if (!ended.end.error.ok()) return ended.tell(ended.end.error);
  absl::Status told = OutcomeUnknown(
      "Instagram took the message, but it was settled otherwise before this "
      "was known; GetMessage tells how");
  AddIds(ended.row, told);
  ended.tell(told);
}

// The record may be appended again even when nobody knows whether it is stored,
// because it changes the message only once. The caller is told at once, and is
// told nothing that may turn out to be wrong: an error stays what it is, and a
// message that Instagram took is of unknown outcome.
void OutcomeRecorder::OnUnrecorded(const JobPtr& job, const absl::Status& why) {
  Ended& ended = job->ended;
  LogCause(LogLevel::kError, "outcome of a send cannot be recorded", "",
           {{"message_id", FormatId(kMessagePrefix, ended.row.id)},
            {"error", why.ToString()}});
  if (!IsDraining(why)) {
    MutexLock lock(mutex_);
    unrecorded_.push_back(job);
  }
  if (std::exchange(job->told_unrecorded, true)) return;
  absl::Status told = ended.end.error;
  if (ended.end.state == v1::MESSAGE_STATE_SENT) {
    told = OutcomeUnknown(
        "Instagram took the message, but this server could not record it; "
        "GetMessage will tell");
    AddIds(ended.row, told);
  }
  ended.tell(told);
}

void OutcomeRecorder::RetryUnrecorded() {
  std::vector<JobPtr> again;
  {
    MutexLock lock(mutex_);
    again.swap(unrecorded_);
  }
  for (JobPtr& job : again) {
    deps_.executor.Run([this, job = std::move(job)] { Append(job); });
  }
}

}  // namespace linktor::messaging
