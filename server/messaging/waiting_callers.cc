#include "server/messaging/waiting_callers.h"

#include <memory>

#include "server/messaging/ended_message.h"

namespace linktor::messaging {
void WaitingCallers::Add(const state::MessageRow& row, Deadline deadline,
                         Done done) {
  {
    MutexLock lock(mutex_);
    if (!closed_ && callers_.size() < kMaxCallers) {
      const auto caller =
          callers_.emplace(deadline, Caller{.attempt = AttemptOf(row),
                                            .in_flight = RequestInFlight(row),
                                            .done = std::move(done)});
      by_attempt_[AttemptOf(row)].push_back(caller);
      return;
    }
  }
  executor_.Run([done = std::move(done),
                 status = RequestInFlight(row)]() mutable { done(status); });
}

void WaitingCallers::OnCommit(std::span<const journal::AppliedRecord> records) {
  for (const journal::AppliedRecord& applied : records) {
    if (applied.own && applied.record.has_send_outcome()) continue;
    for (const state::MessageRow& row : applied.effects.messages) {
      if (row.state == v1::MESSAGE_STATE_PENDING) continue;
      auto callers =
          std::make_shared<std::vector<Caller>>(Take(AttemptOf(row)));
      if (callers->empty()) continue;
      // The answer needs the content, whose key may have to be read from the
      // disk; the applying thread must not do that.
      executor_.Run([this, row, callers] {
        const absl::StatusOr<v1::Message> answer = AnswerOfEnded(sealer_, row);
        for (Caller& caller : *callers) caller.done(answer);
      });
    }
  }
}

void WaitingCallers::Tell(const state::MessageRow& row,
                          const absl::StatusOr<v1::Message>& answer) {
  for (Caller& caller : Take(AttemptOf(row))) caller.done(answer);
}

std::vector<WaitingCallers::Caller> WaitingCallers::Take(
    const Attempt& attempt) {
  std::vector<Caller> taken;
  MutexLock lock(mutex_);
  auto node = by_attempt_.extract(attempt);
  if (node.empty()) return taken;
  for (const Callers::iterator& caller : node.mapped()) {
    taken.push_back(std::move(caller->second));
    callers_.erase(caller);
  }
  return taken;
}

std::optional<WaitingCallers::Caller> WaitingCallers::TakeLate(Deadline now) {
  MutexLock lock(mutex_);
  if (callers_.empty() || callers_.begin()->first > now) return std::nullopt;
  const auto first = callers_.begin();
  Caller caller = std::move(first->second);
  const auto it = by_attempt_.find(caller.attempt);
  std::erase(it->second, first);
  if (it->second.empty()) by_attempt_.erase(it);
  callers_.erase(first);
  return caller;
}

void WaitingCallers::TellLate(Deadline now) {
  while (std::optional<Caller> caller = TakeLate(now)) {
    caller->done(caller->in_flight);
  }
}

void WaitingCallers::Close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  TellLate(Deadline::max());
}

}  // namespace linktor::messaging
