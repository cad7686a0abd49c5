#include "server/messaging/lanes.h"

#include <algorithm>

#include "server/base/status.h"

namespace linktor::messaging {
namespace {

seal::KeyScope CustomerOf(const state::MessageRow& row) {
  return {.channel_no = row.channel_no, .user_id = row.user_id};
}

absl::Status LaneFull() {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      "too many messages to this customer are waiting to be sent; "
      "nothing was done",
      {.reason = v1::ERROR_REASON_OVERLOADED, .retry_after = absl::Seconds(5)});
}

absl::Status AllFull() {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      "too many messages are waiting to be sent; nothing was done",
      {.reason = v1::ERROR_REASON_OVERLOADED, .retry_after = absl::Seconds(1)});
}

}  // namespace

Lanes::Lanes(journal::Appender me, Executor& executor, OnOrphan on_orphan)
    : me_(std::move(me)),
      executor_(executor),
      on_orphan_(std::move(on_orphan)) {}

void Lanes::RunAll(Tasks tasks) {
  for (Executor::Task& task : tasks) executor_.Run(std::move(task));
}

void Lanes::Load(const std::vector<state::MessageRow>& pending) {
  MutexLock lock(mutex_);
  // The feed is younger than what the state had, so its attempts stay and the
  // others go before them. The walk goes backwards without std::views, which
  // clang 14 cannot read.
  // NOLINTNEXTLINE(modernize-loop-convert)
  for (auto row = pending.rbegin(); row != pending.rend(); ++row) {
    if (told_.has_value() && told_->contains({row->id, row->attempt})) continue;
    lanes_[CustomerOf(*row)].sends.push_front(
        {.id = row->id, .attempt = row->attempt});
  }
  told_.reset();
}

void Lanes::OnCommit(std::span<const journal::AppliedRecord> records) {
  if (std::all_of(records.begin(), records.end(), [](const auto& applied) {
        return applied.effects.messages.empty();
      })) {
    return;
  }
  Tasks tasks;
  {
    MutexLock lock(mutex_);
    for (const journal::AppliedRecord& applied : records) {
      for (const state::MessageRow& row : applied.effects.messages) {
        if (told_.has_value()) told_->insert({row.id, row.attempt});
        if (row.state == v1::MESSAGE_STATE_PENDING) {
          Enter(row, applied.record, tasks);
        } else {
          Leave(row, tasks);
        }
      }
    }
    if (own_ == 0 && reserved_.empty()) all_ended_.SignalAll();
  }
  RunAll(std::move(tasks));
}

void Lanes::Enter(const state::MessageRow& row, const journal::Record& record,
                  Tasks& tasks) {
  const seal::KeyScope customer = CustomerOf(row);
  Send send{.id = row.id,
            .attempt = row.attempt,
            .own = row.instance == me_.instance &&
                   row.incarnation == me_.incarnation};
  if (send.own) {
    ++own_;
    auto reserved = reserved_.extract(record.claim().message_id());
    if (reserved.empty()) {
      tasks.emplace_back([this, row] { on_orphan_(row); });
    } else {
      DropPlace(customer);
      send.on_turn = std::move(reserved.mapped().on_turn);
      send.row = row;
      // The turn function knows the content already; a second copy of it would
      // only take memory while the send waits.
      send.row->sealed_content.clear();
    }
  }
  Lane& lane = lanes_[customer];
  lane.sends.push_back(std::move(send));
  if (giving_up_) {
    GiveTurn(lane.sends.back(), Turn::kGiveUp, tasks);
  } else if (lane.sends.size() == 1) {
    BeginFirst(lane, tasks);
  }
}

void Lanes::Leave(const state::MessageRow& row, Tasks& tasks) {
  const auto it = lanes_.find(CustomerOf(row));
  if (it == lanes_.end()) return;
  Lane& lane = it->second;
  const auto send = std::find_if(
      lane.sends.begin(), lane.sends.end(), [&row](const Send& one) {
        return one.id == row.id && one.attempt == row.attempt;
      });
  if (send == lane.sends.end()) return;
  if (send->own) --own_;
  lane.sends.erase(send);
  if (!lane.sends.empty()) {
    BeginFirst(lane, tasks);
  } else if (lane.reserved == 0) {
    lanes_.erase(it);
  }
}

void Lanes::BeginFirst(Lane& lane, Tasks& tasks) {
  GiveTurn(lane.sends.front(), Turn::kBegin, tasks);
}

void Lanes::GiveTurn(Send& send, Turn turn, Tasks& tasks) {
  std::optional<state::MessageRow> row = std::exchange(send.row, std::nullopt);
  if (!row.has_value()) return;
  tasks.emplace_back([on_turn = std::move(send.on_turn), row = *std::move(row),
                      turn]() mutable { on_turn(std::move(row), turn); });
}

absl::Status Lanes::Reserve(const seal::KeyScope& customer,
                            const RawId& claim_id, OnTurn on_turn) {
  MutexLock lock(mutex_);
  if (own_ + reserved_.size() >= kMaxAll) return AllFull();
  if (const auto it = lanes_.find(customer);
      it != lanes_.end() &&
      it->second.sends.size() + it->second.reserved >= kMaxLane) {
    return LaneFull();
  }
  ++lanes_[customer].reserved;
  reserved_[claim_id] = {.customer = customer, .on_turn = std::move(on_turn)};
  return absl::OkStatus();
}

void Lanes::Withdraw(const RawId& claim_id) {
  MutexLock lock(mutex_);
  const auto reserved = reserved_.extract(claim_id);
  if (reserved.empty()) return;
  DropPlace(reserved.mapped().customer);
  if (own_ == 0 && reserved_.empty()) all_ended_.SignalAll();
}

void Lanes::DropPlace(const seal::KeyScope& customer) {
  const auto it = lanes_.find(customer);
  if (it == lanes_.end()) return;
  --it->second.reserved;
  if (it->second.reserved == 0 && it->second.sends.empty()) lanes_.erase(it);
}

bool Lanes::IsPending(const state::MessageRow& row) const {
  MutexLock lock(mutex_);
  const auto it = lanes_.find(CustomerOf(row));
  return it != lanes_.end() &&
         std::any_of(it->second.sends.begin(), it->second.sends.end(),
                     [&row](const Send& one) {
                       return one.id == row.id && one.attempt == row.attempt;
                     });
}

void Lanes::GiveUpWaiting() {
  Tasks tasks;
  {
    MutexLock lock(mutex_);
    giving_up_ = true;
    for (auto& [customer, lane] : lanes_) {
      for (Send& send : lane.sends) GiveTurn(send, Turn::kGiveUp, tasks);
    }
  }
  RunAll(std::move(tasks));
}

void Lanes::WaitUntilEnded(std::chrono::milliseconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  MutexLock lock(mutex_);
  while (own_ > 0 || !reserved_.empty()) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= std::chrono::steady_clock::duration::zero()) return;
    all_ended_.WaitFor(mutex_, left);
  }
}

}  // namespace linktor::messaging
