#include "server/state/mid_index.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "server/base/try.h"

namespace linktor::state {
namespace {

// A commit moves twice as many entries of a run (see mid_index.h) as it has new
// entries. So a run is done before the next one is full. But a commit moves at
// least kLeastMidsMoved entries. It moves at most kMostMidsMoved, so that no
// commit takes long.
constexpr std::size_t kLeastMidsMoved = 64;
constexpr std::size_t kMostMidsMoved = 4096;

// A run begins at the latest when the events that are newer than the table are
// this many times the size of a run.
constexpr std::size_t kMostEvents = 4;

// Each commit reads this many rows of the table into the filter, until the
// filter has all of them. This takes about a tenth of a millisecond.
constexpr std::int64_t kRowsPassed = 1024;
// A filter is made for at most this many mids, and then takes 32 MiB. When
// there are more events, the filter is wrong more often, and each mistake costs
// a search.
constexpr std::size_t kMostFiltered = std::size_t{1} << 24U;

std::array<char, 16> MidOf(std::string_view mid_key) {
  std::array<char, 16> mid{};
  std::memcpy(mid.data(), mid_key.data(), std::min(mid_key.size(), mid.size()));
  return mid;
}

std::string_view BytesOf(const std::array<char, 16>& mid) {
  return {mid.data(), mid.size()};
}

// Returns the number of events that are kept.
std::size_t Kept(const LogState& state) {
  return static_cast<std::size_t>(state.last_seq - state.oldest_seq + 1);
}

}  // namespace

std::vector<std::int64_t> RecentMids::Find(std::string_view mid_key,
                                           journal::ItemKind kind) const {
  std::vector<std::int64_t> found;
  MutexLock lock(mutex_);
  const auto it = mids_.find(MidOf(mid_key));
  if (it == mids_.end()) return found;
  for (const Item& item : it->second) {
    if (item.kind == kind) found.push_back(item.seq);
  }
  return found;
}

std::vector<std::int64_t> RecentMids::FindContent(
    std::string_view mid_key) const {
  std::vector<std::int64_t> found;
  MutexLock lock(mutex_);
  const auto it = mids_.find(MidOf(mid_key));
  if (it == mids_.end()) return found;
  for (const Item& item : it->second) {
    if (item.kind != journal::ITEM_KIND_UNSEND &&
        item.kind != journal::ITEM_KIND_ABOUT) {
      found.push_back(item.seq);
    }
  }
  return found;
}

void RecentMids::Add(const MidEntry& entry) {
  MutexLock lock(mutex_);
  mids_[entry.mid].push_back({.seq = entry.seq, .kind = entry.kind});
  ++size_;
}

void RecentMids::Remove(const MidEntry& entry) {
  MutexLock lock(mutex_);
  const auto it = mids_.find(entry.mid);
  if (it == mids_.end()) return;
  auto* const item = std::find_if(
      it->second.begin(), it->second.end(), [&entry](const Item& one) {
        return one.seq == entry.seq && one.kind == entry.kind;
      });
  if (item == it->second.end()) return;
  it->second.erase(item);
  --size_;
  if (it->second.empty()) mids_.erase(it);
}

void RecentMids::Clear() {
  MutexLock lock(mutex_);
  mids_.clear();
  size_ = 0;
}

std::size_t RecentMids::size() const {
  MutexLock lock(mutex_);
  return size_;
}

MidIndex::MidIndex(sqlite::Database& database, RecentMids& recent,
                   std::size_t run_size, std::size_t filter_size)
    : database_(database),
      recent_(recent),
      run_size_(run_size),
      filter_size_(filter_size),
      find_(database,
            "SELECT seq FROM event_mids WHERE mid_key = ?1 AND kind = ?2 "
            "ORDER BY seq LIMIT 1"),
      find_content_(database,
                    "SELECT seq FROM event_mids WHERE mid_key = ?1 AND "
                    "kind NOT IN (?2, ?3)"),
      insert_(database,
              "INSERT INTO event_mids (mid_key, kind, seq) VALUES (?,?,?) "
              "ON CONFLICT DO NOTHING"),
      next_(database,
            "SELECT mid_key FROM event_mids WHERE mid_key > ?1 "
            "ORDER BY mid_key LIMIT ?2"),
      filter_(filter_size) {}

absl::Status MidIndex::Load(const LogState& state) {
  committed_seq_ = state.last_seq;
  LINKTOR_TRY(Read(state));
  MakeFilter(state);
  if (IsRunDue(state)) BeginRun(state);
  return absl::OkStatus();
}

absl::Status MidIndex::Read(const LogState& state) {
  recent_.Clear();
  waiting_.clear();
  added_.clear();
  run_.clear();
  moved_ = 0;
  run_through_.reset();
  forgotten_seq_ = 0;
  sqlite::Statement load(
      database_,
      "SELECT seq, mid_key, mid_kind FROM events WHERE seq > ?1 "
      "ORDER BY seq");
  load.Bind(1, state.mids_through);
  for (;;) {
    LINKTOR_ASSIGN(const bool row, load.Step());
    if (!row) break;
    if (load.IsNull(1)) continue;
    const MidEntry entry{.mid = MidOf(load.Bytes(1)),
                         .kind = static_cast<std::int8_t>(load.Int(2)),
                         .seq = load.Int(0)};
    recent_.Add(entry);
    (entry.seq > committed_seq_ ? added_ : waiting_).push_back(entry);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> MidIndex::Find(std::string_view mid_key,
                                            journal::ItemKind kind) {
  // The table is searched first, because its entries are older than the entries
  // in memory.
  if (MayBeInTable(mid_key)) {
    const sqlite::StatementReset reset(find_);
    find_.BindBlob(1, mid_key).Bind(2, static_cast<std::int64_t>(kind));
    LINKTOR_ASSIGN(const bool row, find_.Step());
    if (row) return find_.Int(0);
  }
  const std::vector<std::int64_t> recent = recent_.Find(mid_key, kind);
  return recent.empty() ? 0 : recent.front();
}

absl::StatusOr<std::vector<std::int64_t>> MidIndex::FindContent(
    std::string_view mid_key) {
  std::vector<std::int64_t> found = recent_.FindContent(mid_key);
  if (MayBeInTable(mid_key)) {
    const sqlite::StatementReset reset(find_content_);
    find_content_.BindBlob(1, mid_key)
        .Bind(2, static_cast<std::int64_t>(journal::ITEM_KIND_UNSEND))
        .Bind(3, static_cast<std::int64_t>(journal::ITEM_KIND_ABOUT));
    for (;;) {
      LINKTOR_ASSIGN(const bool row, find_content_.Step());
      if (!row) break;
      found.push_back(find_content_.Int(0));
    }
  }
  // An entry that a run has moved is in memory and in the table until the run
  // is done.
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

void MidIndex::Add(std::string_view mid_key, journal::ItemKind kind,
                   std::int64_t seq) {
  const MidEntry entry{.mid = MidOf(mid_key),
                       .kind = static_cast<std::int8_t>(kind),
                       .seq = seq};
  recent_.Add(entry);
  added_.push_back(entry);
}

absl::Status MidIndex::ForgetThrough(std::int64_t seq) {
  forgotten_seq_ = std::max(forgotten_seq_, seq);
  const auto forgotten = [this](const MidEntry& entry) {
    if (entry.seq > forgotten_seq_) return false;
    recent_.Remove(entry);
    return true;
  };
  std::erase_if(waiting_, forgotten);
  std::erase_if(added_, forgotten);
  for (const MidEntry& entry : run_) {
    if (entry.seq <= forgotten_seq_) recent_.Remove(entry);
  }
  return absl::OkStatus();
}

absl::Status MidIndex::Settle(LogState& state) {
  LINKTOR_TRY(FillFilter());
  if (!run_through_.has_value()) return absl::OkStatus();
  const std::size_t wanted =
      std::clamp(2 * added_.size(), kLeastMidsMoved, kMostMidsMoved);
  const std::size_t end = std::min(run_.size(), moved_ + wanted);
  for (; moved_ < end; ++moved_) {
    const MidEntry& entry = run_[moved_];
    if (entry.seq <= forgotten_seq_) continue;
    LINKTOR_TRY(insert_.BindBlob(1, BytesOf(entry.mid))
                    .Bind(2, entry.kind)
                    .Bind(3, entry.seq)
                    .Run());
    filter_.Add(BytesOf(entry.mid));
  }
  if (moved_ == run_.size()) state.mids_through = *run_through_;
  return absl::OkStatus();
}

void MidIndex::OnCommitted(const LogState& state) {
  committed_seq_ = state.last_seq;
  waiting_.insert(waiting_.end(), added_.begin(), added_.end());
  added_.clear();
  if (run_through_.has_value() && moved_ == run_.size()) {
    for (const MidEntry& entry : run_) recent_.Remove(entry);
    run_.clear();
    moved_ = 0;
    run_through_.reset();
  }
  if (!run_through_.has_value() && IsRunDue(state)) BeginRun(state);
  // A filter of the largest size is replaced only when more than half of its
  // mids may belong to deleted events.
  if (filter_.added() > filter_.capacity() &&
      (filter_.capacity() < kMostFiltered ||
       filter_.added() > 2 * Kept(state))) {
    MakeFilter(state);
  }
}

// The table has no more mids than there are kept events.
void MidIndex::MakeFilter(const LogState& state) {
  filter_ = MidFilter(std::clamp(2 * Kept(state), filter_size_, kMostFiltered));
  passed_ = {};
}

bool MidIndex::MayBeInTable(std::string_view mid_key) const {
  // Two string_views are compared byte by byte, as SQLite compares blobs.
  const Mid mid = MidOf(mid_key);
  const bool passed = passed_.all || (passed_.mid.has_value() &&
                                      BytesOf(mid) <= BytesOf(*passed_.mid));
  return !passed || filter_.MayHave(mid_key);
}

// A mid may have several rows, and the last row of a part may be one of them.
// The next part skips the other rows of this mid, because the filter has the
// mid already.
absl::Status MidIndex::FillFilter() {
  if (passed_.all) return absl::OkStatus();
  const sqlite::StatementReset reset(next_);
  // The statement borrows the bytes of `after`, so `after` is a copy that does
  // not change. While no part is read, the empty blob is bound; every mid is
  // greater than it.
  const std::optional<Mid> after = passed_.mid;
  next_.BindBlob(1, after.has_value() ? BytesOf(*after) : "")
      .Bind(2, kRowsPassed);
  std::int64_t rows = 0;
  for (;; ++rows) {
    LINKTOR_ASSIGN(const bool row, next_.Step());
    if (!row) break;
    filter_.Add(next_.Bytes(0));
    passed_.mid = MidOf(next_.Bytes(0));
  }
  passed_.all = rows < kRowsPassed;
  return absl::OkStatus();
}

// The more pages the table has, the more entries a run needs. Otherwise few
// entries of a run would be on the same page, where they are written together.
std::size_t MidIndex::RunSize(const LogState& state) const {
  return std::clamp(Kept(state) / 8, run_size_, 4 * run_size_);
}

bool MidIndex::IsRunDue(const LogState& state) const {
  const std::size_t size = RunSize(state);
  return waiting_.size() >= size ||
         std::cmp_greater_equal(state.last_seq - state.mids_through,
                                kMostEvents * size);
}

// A run takes only entries of committed events. After a rollback, other events
// get the sequences of the events that were not committed.
void MidIndex::BeginRun(const LogState& state) {
  run_ = std::exchange(waiting_, {});
  run_through_ = state.last_seq;
  moved_ = 0;
  std::sort(run_.begin(), run_.end(), [](const MidEntry& a, const MidEntry& b) {
    return std::tie(a.mid, a.kind, a.seq) < std::tie(b.mid, b.kind, b.seq);
  });
}

absl::Status MidIndex::Restore(const Position& position,
                               const LogState& state) {
  // Rows that the open transaction had deleted are there again. If a part of
  // the table was read since Mark, the filter may lack their mids. So that part
  // is read again.
  passed_ = position.passed;
  // Events that the open transaction had deleted are there again, too. Their
  // entries are missing in memory, so all entries are read again.
  if (forgotten_seq_ != position.forgotten) {
    LINKTOR_TRY(Read(state));
    forgotten_seq_ = position.forgotten;
    return absl::OkStatus();
  }
  while (added_.size() > position.added) {
    recent_.Remove(added_.back());
    added_.pop_back();
  }
  moved_ = position.moved;
  return absl::OkStatus();
}

}  // namespace linktor::state
