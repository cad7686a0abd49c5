#include "server/state/last_activity.h"

#include <algorithm>

#include "server/base/try.h"
#include "server/policy/window.h"

namespace linktor {
namespace {

// With each commit twice as many customers of a run are moved as events are
// new, so that a run is done before the next one begins. It is at least the
// first number, and never more than the second, so that no commit takes long.
constexpr std::size_t kLeastMoved = 32;
constexpr std::size_t kMostMoved = 2048;

}  // namespace

std::optional<std::int64_t> RecentActivity::Find(
    std::int64_t channel_no, std::string_view user_id) const {
  MutexLock lock(mutex_);
  const auto it = entries_.find(KeyView(channel_no, user_id));
  if (it == entries_.end()) return std::nullopt;
  return it->second.time_ms;
}

LastActivity::LastActivity(Database& database, RecentActivity& recent,
                           std::size_t run_size)
    : database_(database),
      recent_(recent),
      run_size_(run_size),
      find_(database,
            "SELECT last_inbound_ms FROM conversations "
            "WHERE channel_no = ?1 AND user_id = ?2"),
      write_(database,
             "INSERT INTO conversations (channel_no, user_id, last_inbound_ms) "
             "VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET "
             "last_inbound_ms = ?3") {}

absl::Status LastActivity::Load(const LogState& state) {
  committed_seq_ = state.last_seq;
  Statement load(database_,
                 "SELECT seq, channel_no, user_id, event_ms, receive_ms "
                 "FROM events WHERE seq > ?1 AND advances ORDER BY seq");
  load.Bind(1, state.activity_through);
  for (;;) {
    LINKTOR_ASSIGN(const bool row, load.Step());
    if (!row) break;
    CustomerKey key{.channel_no = load.Int(1), .user_id = load.String(2)};
    const Entry entry{.time_ms = ActivityTime(load.Int(3), load.Int(4)),
                      .seq = load.Int(0)};
    order_.emplace_back(entry.seq, key);
    MutexLock lock(recent_.mutex_);
    recent_.entries_.insert_or_assign(std::move(key), entry);
  }
  OnCommitted(state);
  return absl::OkStatus();
}

std::optional<LastActivity::Entry> LastActivity::Recent(
    const CustomerKey& key) const {
  MutexLock lock(recent_.mutex_);
  const auto it = recent_.entries_.find(key);
  if (it == recent_.entries_.end()) return std::nullopt;
  return it->second;
}

std::optional<std::int64_t> LastActivity::InMemory(
    std::int64_t channel_no, std::string_view user_id) const {
  const auto open = open_.find(RecentActivity::KeyView(channel_no, user_id));
  if (open != open_.end()) return open->second.time_ms;
  return recent_.Find(channel_no, user_id);
}

absl::StatusOr<std::optional<std::int64_t>> LastActivity::Find(
    std::int64_t channel_no, std::string_view user_id) {
  const auto in_memory = InMemory(channel_no, user_id);
  if (in_memory.has_value()) return in_memory;
  const StatementReset reset(find_);
  LINKTOR_ASSIGN(const bool row,
                 find_.Bind(1, channel_no).BindText(2, user_id).Step());
  if (!row || find_.IsNull(0)) return std::nullopt;
  return find_.Int(0);
}

absl::StatusOr<bool> LastActivity::Advance(std::int64_t channel_no,
                                           std::string_view user_id,
                                           std::int64_t time_ms,
                                           std::int64_t receive_ms,
                                           std::int64_t seq) {
  LINKTOR_ASSIGN(const auto last, Find(channel_no, user_id));
  if (last.has_value() && *last >= time_ms && *last <= receive_ms) return false;
  CustomerKey key{.channel_no = channel_no, .user_id = std::string(user_id)};
  const auto [open, fresh] = open_.try_emplace(key);
  changes_.push_back(
      {.key = std::move(key),
       .seq = seq,
       .before = fresh ? std::nullopt : std::optional(open->second)});
  open->second = {.time_ms = time_ms, .seq = seq};
  return true;
}

absl::Status LastActivity::Write(const CustomerKey& key, std::int64_t time_ms) {
  return write_.Bind(1, key.channel_no)
      .BindText(2, key.user_id)
      .Bind(3, time_ms)
      .Run();
}

// An entry of a later event needs no row yet: that event stays.
absl::Status LastActivity::WriteThrough(std::int64_t seq, LogState& state) {
  for (const auto& [made_by, key] : order_) {
    if (made_by > seq) break;
    const auto entry = Recent(key);
    if (!entry.has_value() || entry->seq != made_by) continue;
    LINKTOR_TRY(Write(key, entry->time_ms));
  }
  // Events of the open transaction can be deleted in it, when a clock was
  // wrong. They are later than those above.
  for (const Change& change : changes_) {
    if (change.seq > seq) break;
    const auto open = open_.find(change.key);
    if (open == open_.end() || open->second.seq != change.seq) continue;
    LINKTOR_TRY(Write(change.key, open->second.time_ms));
  }
  state.activity_through = std::max(state.activity_through, seq);
  return absl::OkStatus();
}

absl::Status LastActivity::Settle(LogState& state) {
  const std::optional<std::int64_t> through = run_through_;
  if (!through.has_value()) return absl::OkStatus();
  const auto fresh = static_cast<std::size_t>(state.last_seq - committed_seq_);
  const std::size_t wanted = std::clamp(2 * fresh, kLeastMoved, kMostMoved);
  const std::size_t end = std::min(run_.size(), moved_ + wanted);
  for (; moved_ < end; ++moved_) {
    // What is in memory may be newer than the run, and is as true. When it is
    // not there any more, the table has it.
    const auto entry = Recent(run_[moved_]);
    if (!entry.has_value()) continue;
    LINKTOR_TRY(Write(run_[moved_], entry->time_ms));
  }
  if (moved_ == run_.size()) {
    state.activity_through = std::max(state.activity_through, *through);
  }
  return absl::OkStatus();
}

void LastActivity::OnCommitted(const LogState& state) {
  committed_seq_ = state.last_seq;
  {
    MutexLock lock(recent_.mutex_);
    for (Change& change : changes_) {
      const auto open = open_.find(change.key);
      if (open->second.seq != change.seq) continue;
      recent_.entries_.insert_or_assign(change.key, open->second);
      order_.emplace_back(change.seq, std::move(change.key));
    }
    for (; !order_.empty() && order_.front().first <= state.activity_through;
         order_.pop_front()) {
      const auto& [seq, key] = order_.front();
      const auto it = recent_.entries_.find(key);
      if (it != recent_.entries_.end() && it->second.seq == seq) {
        recent_.entries_.erase(it);
      }
    }
  }
  open_.clear();
  changes_.clear();
  if (run_through_.has_value() && moved_ == run_.size()) {
    run_.clear();
    moved_ = 0;
    run_through_.reset();
  }
  const std::int64_t waiting = state.last_seq - state.activity_through;
  if (!run_through_.has_value() && std::cmp_greater_equal(waiting, run_size_)) {
    BeginRun(state);
  }
}

void LastActivity::BeginRun(const LogState& state) {
  {
    MutexLock lock(recent_.mutex_);
    run_.reserve(recent_.entries_.size());
    for (const auto& [key, entry] : recent_.entries_) run_.push_back(key);
  }
  std::sort(run_.begin(), run_.end());
  run_through_ = state.last_seq;
}

void LastActivity::Restore(const Position& position) {
  while (changes_.size() > position.changes) {
    const Change& change = changes_.back();
    if (change.before.has_value()) {
      open_.insert_or_assign(change.key, *change.before);
    } else {
      open_.erase(change.key);
    }
    changes_.pop_back();
  }
  moved_ = position.moved;
}

}  // namespace linktor
