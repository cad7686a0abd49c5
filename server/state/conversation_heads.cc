#include "server/state/conversation_heads.h"

#include <algorithm>

#include "server/base/try.h"
#include "server/kinds/table.h"
#include "server/policy/window.h"
#include "server/state/forgetting_table.h"

namespace linktor::state {
namespace {

// A commit moves twice as many customers of a run (see conversation_heads.h) as
// it has new events. So a run is done before the next one begins. But a commit
// moves at least kLeastHeadsMoved customers. It moves at most kMostHeadsMoved,
// so that no commit takes long.
constexpr std::size_t kLeastHeadsMoved = 32;
constexpr std::size_t kMostHeadsMoved = 2048;

// Returns whether the event `seq` belongs to a conversation that was erased, or
// to an erased channel.
bool IsForgotten(const std::vector<Forgetting>& forgettings,
                 const CustomerKey& customer, std::int64_t seq) {
  return std::any_of(
      forgettings.begin(), forgettings.end(), [&](const Forgetting& one) {
        return one.channel_no == customer.channel_no &&
               (one.user_id.empty() ||
                (one.user_id == customer.user_id && seq <= one.through_seq));
      });
}

}  // namespace

bool IsMessage(std::string_view type, journal::ItemKind kind, bool has_mid) {
  switch (kind) {
    case journal::ITEM_KIND_MESSAGE:
    case journal::ITEM_KIND_ECHO:
    case journal::ITEM_KIND_POSTBACK:
      // Test webhooks of Meta's dashboard have no mid key.
      return has_mid;
    default: {
      const kinds::Kind& row = kinds::FindType(type);
      return row.message != nullptr && row.mids == kinds::MidSet::kNone;
    }
  }
}

std::optional<ConversationHead> RecentHeads::Find(
    std::int64_t channel_no, std::string_view user_id) const {
  MutexLock lock(mutex_);
  const auto it = entries_.find(KeyView(channel_no, user_id));
  if (it == entries_.end()) return std::nullopt;
  return it->second;
}

std::vector<std::pair<std::string, ConversationHead>> RecentHeads::OfChannel(
    std::int64_t channel_no) const {
  std::vector<std::pair<std::string, ConversationHead>> heads;
  MutexLock lock(mutex_);
  for (const auto& [key, head] : entries_) {
    if (key.channel_no == channel_no) heads.emplace_back(key.user_id, head);
  }
  return heads;
}

ConversationHeads::ConversationHeads(sqlite::Database& database,
                                     RecentHeads& recent, std::size_t run_size)
    : database_(database),
      recent_(recent),
      run_size_(run_size),
      find_(database,
            "SELECT last_inbound_ms, last_seq, last_message_seq FROM "
            "conversations WHERE channel_no = ?1 AND user_id = ?2"),
      write_(database,
             "INSERT INTO conversations (channel_no, user_id, last_inbound_ms, "
             "last_seq, last_message_seq) VALUES (?1, ?2, ?3, ?4, ?5) "
             "ON CONFLICT DO UPDATE SET last_inbound_ms = ?3, last_seq = ?4, "
             "last_message_seq = ?5") {}

// The table may already have the head that a later event has made, because a
// run has moved this head and was not done. The loop comes to the later event
// in the end, and then the head is right again.
absl::Status ConversationHeads::Load(const LogState& state) {
  committed_seq_ = state.last_seq;
  LINKTOR_ASSIGN(const std::vector<Forgetting> forgettings,
                 ForgettingTable(database_).Oldest(-1));
  sqlite::Statement load(
      database_,
      "SELECT seq, channel_no, user_id, event_ms, receive_ms, "
      "advances, type, mid_kind, mid_key IS NOT NULL FROM events "
      "WHERE seq > ?1 AND user_id <> '' ORDER BY seq");
  load.Bind(1, state.heads_through);
  for (;;) {
    LINKTOR_ASSIGN(const bool row, load.Step());
    if (!row) break;
    CustomerKey key{.channel_no = load.Int(1), .user_id = load.String(2)};
    if (IsForgotten(forgettings, key, load.Int(0))) continue;
    LINKTOR_ASSIGN(ConversationHead head, Find(key.channel_no, key.user_id));
    if (load.Int(5) != 0) {
      head.last_inbound_ms = policy::ActivityTime(load.Int(3), load.Int(4));
    }
    head.last_seq = load.Int(0);
    if (IsMessage(load.Bytes(6), static_cast<journal::ItemKind>(load.Int(7)),
                  load.Int(8) != 0)) {
      head.last_message_seq = head.last_seq;
    }
    order_.emplace_back(head.last_seq, key);
    MutexLock lock(recent_.mutex_);
    recent_.entries_.insert_or_assign(std::move(key), head);
  }
  OnCommitted(state);
  return absl::OkStatus();
}

std::optional<ConversationHead> ConversationHeads::InMemory(
    std::int64_t channel_no, std::string_view user_id) const {
  const auto open = open_.find(RecentHeads::KeyView(channel_no, user_id));
  if (open != open_.end()) return open->second;
  return recent_.Find(channel_no, user_id);
}

absl::StatusOr<ConversationHead> ConversationHeads::Find(
    std::int64_t channel_no, std::string_view user_id) {
  const auto in_memory = InMemory(channel_no, user_id);
  if (in_memory.has_value()) return *in_memory;
  const sqlite::StatementReset reset(find_);
  LINKTOR_ASSIGN(const bool row,
                 find_.Bind(1, channel_no).BindText(2, user_id).Step());
  ConversationHead head;
  if (!row) return head;
  if (!find_.IsNull(0)) head.last_inbound_ms = find_.Int(0);
  head.last_seq = find_.Int(1);
  head.last_message_seq = find_.Int(2);
  return head;
}

absl::StatusOr<ConversationHeads::Noted> ConversationHeads::Note(
    std::int64_t channel_no, std::string_view user_id,
    const Happening& happening) {
  LINKTOR_ASSIGN(ConversationHead head, Find(channel_no, user_id));
  Noted noted{.before_seq = head.last_seq};
  const std::optional<std::int64_t> last = head.last_inbound_ms;
  if (happening.activity_ms.has_value() &&
      (!last.has_value() || *last < *happening.activity_ms ||
       *last > happening.receive_ms)) {
    noted.advances = true;
    head.last_inbound_ms = happening.activity_ms;
  }
  head.last_seq = happening.seq;
  if (happening.message) head.last_message_seq = happening.seq;
  Set({.channel_no = channel_no, .user_id = std::string(user_id)}, head);
  return noted;
}

void ConversationHeads::Set(CustomerKey key, const ConversationHead& head) {
  const auto [open, fresh] = open_.try_emplace(key);
  changes_.push_back(
      {.key = std::move(key),
       .seq = head.last_seq,
       .before = fresh ? std::nullopt : std::optional(open->second)});
  open->second = head;
}

void ConversationHeads::Forget(std::int64_t channel_no,
                               std::string_view user_id) {
  Set({.channel_no = channel_no, .user_id = std::string(user_id)}, {});
}

// `users` may have a customer twice, because `open_` has the heads of the open
// transaction, and RecentHeads has the heads of earlier commits. RecentHeads
// also has a head that the open transaction has forgotten already. For a
// forgotten head, Write writes nothing. The order of the customers does not
// matter.
absl::Status ConversationHeads::MoveChannel(std::int64_t channel_no) {
  std::vector<std::string> users;
  for (const auto& [user_id, head] : recent_.OfChannel(channel_no)) {
    users.push_back(user_id);
  }
  for (const auto& [key, head] : open_) {
    if (key.channel_no == channel_no) users.push_back(key.user_id);
  }
  for (const std::string& user_id : users) {
    LINKTOR_TRY(Write({.channel_no = channel_no, .user_id = user_id}));
    Forget(channel_no, user_id);
  }
  return absl::OkStatus();
}

absl::Status ConversationHeads::Write(const CustomerKey& key) {
  const auto head = InMemory(key.channel_no, key.user_id);
  // When the head is not in memory, the table has it. When the head is empty,
  // the person was erased.
  if (!head.has_value() || head->last_seq == 0) return absl::OkStatus();
  write_.Bind(1, key.channel_no).BindText(2, key.user_id);
  if (head->last_inbound_ms.has_value()) {
    write_.Bind(3, *head->last_inbound_ms);
  } else {
    write_.BindNull(3);
  }
  return write_.Bind(4, head->last_seq).Bind(5, head->last_message_seq).Run();
}

// The head of the customer may come from a later event already. It is written
// all the same: the event that is being deleted may have set the time of the
// last activity, and the later event does not tell this time.
absl::Status ConversationHeads::WriteThrough(std::int64_t seq,
                                             LogState& state) {
  for (const auto& [made_by, key] : order_) {
    if (made_by > seq) break;
    LINKTOR_TRY(Write(key));
  }
  // When a clock was wrong, the open transaction may delete an event that it
  // has itself added. Such an event is in `changes_`, and is later than all
  // events in `order_`.
  for (const Change& change : changes_) {
    if (change.seq > seq) break;
    LINKTOR_TRY(Write(change.key));
  }
  state.heads_through = std::max(state.heads_through, seq);
  return absl::OkStatus();
}

absl::Status ConversationHeads::Settle(LogState& state) {
  const std::optional<std::int64_t> through = run_through_;
  if (!through.has_value()) return absl::OkStatus();
  const auto fresh = static_cast<std::size_t>(state.last_seq - committed_seq_);
  const std::size_t wanted =
      std::clamp(2 * fresh, kLeastHeadsMoved, kMostHeadsMoved);
  const std::size_t end = std::min(run_.size(), moved_ + wanted);
  for (; moved_ < end; ++moved_) {
    // The head in memory may be newer than the run, and is written as it is
    // now. When the head is not in memory any more, the table has it, and Write
    // does nothing.
    LINKTOR_TRY(Write(run_[moved_]));
  }
  if (moved_ == run_.size()) {
    state.heads_through = std::max(state.heads_through, *through);
  }
  return absl::OkStatus();
}

void ConversationHeads::OnCommitted(const LogState& state) {
  committed_seq_ = state.last_seq;
  {
    MutexLock lock(recent_.mutex_);
    // A conversation may have changed several times. The last change has set
    // the present head.
    for (Change& change : changes_) {
      const auto open = open_.find(change.key);
      const bool last = open->second.last_seq == change.seq;
      if (change.seq == 0) {
        if (last) recent_.entries_.erase(change.key);
        continue;
      }
      if (last) recent_.entries_.insert_or_assign(change.key, open->second);
      order_.emplace_back(change.seq, std::move(change.key));
    }
    for (; !order_.empty() && order_.front().first <= state.heads_through;
         order_.pop_front()) {
      const auto& [seq, key] = order_.front();
      const auto it = recent_.entries_.find(key);
      if (it != recent_.entries_.end() && it->second.last_seq == seq) {
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
  const std::int64_t waiting = state.last_seq - state.heads_through;
  if (!run_through_.has_value() && std::cmp_greater_equal(waiting, run_size_)) {
    BeginRun(state);
  }
}

void ConversationHeads::BeginRun(const LogState& state) {
  {
    MutexLock lock(recent_.mutex_);
    run_.reserve(recent_.entries_.size());
    for (const auto& [key, head] : recent_.entries_) run_.push_back(key);
  }
  std::sort(run_.begin(), run_.end());
  run_through_ = state.last_seq;
}

void ConversationHeads::Restore(const Position& position) {
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

}  // namespace linktor::state
