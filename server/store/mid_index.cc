#include "server/store/mid_index.h"

#include <algorithm>

#include "server/base/try.h"

namespace linktor {
namespace {

// Of a run, moved with each commit: at least these, and twice what is new, so
// that a run is done before the next is full.
constexpr std::size_t kLeastMoved = 64;

std::string_view BytesOf(const std::array<char, 16>& mid) {
  return {mid.data(), mid.size()};
}

}  // namespace

MidIndex::MidIndex(Database& database, std::size_t run_size)
    : run_size_(run_size),
      find_(database,
            "SELECT seq FROM event_mids WHERE mid_key = ? AND kind = ? "
            "LIMIT 1"),
      insert_recent_(
          database,
          "INSERT INTO recent_mids (seq, mid_key, kind) VALUES (?,?,?)"),
      insert_(database,
              "INSERT INTO event_mids (mid_key, kind, seq) VALUES (?,?,?) "
              "ON CONFLICT DO NOTHING"),
      load_(database, "SELECT seq, mid_key, kind FROM recent_mids"),
      delete_recent_(database, "DELETE FROM recent_mids WHERE seq <= ?1") {}

MidIndex::Key MidIndex::KeyOf(std::string_view mid_key, ItemKind kind) {
  Key key{.mid = {}, .kind = static_cast<std::int8_t>(kind)};
  std::memcpy(key.mid.data(), mid_key.data(),
              std::min(mid_key.size(), key.mid.size()));
  return key;
}

absl::Status MidIndex::Load() {
  recent_.clear();
  run_.clear();
  moved_ = 0;
  run_last_seq_ = 0;
  forgotten_seq_ = 0;
  added_ = 0;
  ++version_;
  const StatementReset reset(load_);
  for (;;) {
    LINKTOR_ASSIGN(const bool row, load_.Step());
    if (!row) return absl::OkStatus();
    recent_[KeyOf(load_.Bytes(1), static_cast<ItemKind>(load_.Int(2)))] =
        load_.Int(0);
  }
}

absl::StatusOr<std::int64_t> MidIndex::Find(std::string_view mid_key,
                                            ItemKind kind) {
  if (const auto it = recent_.find(KeyOf(mid_key, kind)); it != recent_.end()) {
    return it->second;
  }
  const StatementReset reset(find_);
  find_.BindBlob(1, mid_key).Bind(2, static_cast<std::int64_t>(kind));
  LINKTOR_ASSIGN(const bool row, find_.Step());
  return row ? find_.Int(0) : 0;
}

absl::Status MidIndex::Add(std::string_view mid_key, ItemKind kind,
                           std::int64_t seq) {
  ++version_;
  ++added_;
  recent_[KeyOf(mid_key, kind)] = seq;
  return insert_recent_.Bind(1, seq)
      .BindBlob(2, mid_key)
      .Bind(3, static_cast<std::int64_t>(kind))
      .Run();
}

absl::Status MidIndex::Settle() {
  const std::size_t added = std::exchange(added_, 0);
  if (run_.empty()) {
    if (recent_.size() < run_size_) return absl::OkStatus();
    BeginRun();
  }
  ++version_;
  const std::size_t end =
      std::min(run_.size(), moved_ + std::max(kLeastMoved, 2 * added));
  for (; moved_ < end; ++moved_) {
    const Entry& entry = run_[moved_];
    if (entry.seq <= forgotten_seq_) continue;
    LINKTOR_TRY(insert_.BindBlob(1, BytesOf(entry.key.mid))
                    .Bind(2, entry.key.kind)
                    .Bind(3, entry.seq)
                    .Run());
  }
  return moved_ == run_.size() ? EndRun() : absl::OkStatus();
}

void MidIndex::BeginRun() {
  // Not that of an earlier run: after a rollback its sequences come again.
  run_last_seq_ = 0;
  run_.reserve(recent_.size());
  for (const auto& [key, seq] : recent_) {
    run_.push_back({key, seq});
    run_last_seq_ = std::max(run_last_seq_, seq);
  }
  std::sort(run_.begin(), run_.end(),
            [](const Entry& a, const Entry& b) { return a.key < b.key; });
  moved_ = 0;
}

absl::Status MidIndex::EndRun() {
  for (const Entry& entry : run_) {
    const auto it = recent_.find(entry.key);
    if (it != recent_.end() && it->second == entry.seq) recent_.erase(it);
  }
  run_.clear();
  moved_ = 0;
  return delete_recent_.Bind(1, run_last_seq_).Run();
}

absl::Status MidIndex::ForgetThrough(std::int64_t seq) {
  ++version_;
  forgotten_seq_ = std::max(forgotten_seq_, seq);
  absl::erase_if(recent_,
                 [seq](const auto& entry) { return entry.second <= seq; });
  return delete_recent_.Bind(1, seq).Run();
}

}  // namespace linktor
