// An index of mids on a database of its own, with transactions that a test
// begins, commits and rolls back.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "server/base/ids.h"
#include "server/state/mid_index.h"
#include "server/state/schema.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::state {

inline constexpr std::int64_t kMidRun = 100;
// The mids from here on belong to no event.
inline constexpr std::uint64_t kUnseen = 1'000'000;
inline constexpr auto kMessageKind = journal::ITEM_KIND_MESSAGE;
inline constexpr auto kPostbackKind = journal::ITEM_KIND_POSTBACK;

// Spread over the whole range, as hashes are.
inline RawId NumberedMid(std::uint64_t number) {
  return HashedRawId({"mid", std::to_string(number)});
}

class MidIndexTest : public testing::Test {
 protected:
  MidIndexTest()
      : database_(*sqlite::Database::Open(folder_.path() + "/a.db",
                                          sqlite::Database::Mode::kReadWrite)) {
    EXPECT_THAT(Migrate(*database_), IsOk());
    // Durability is not tested here.
    EXPECT_THAT(database_->Execute("PRAGMA synchronous=OFF"), IsOk());
    Reopen();
  }

  // As after a start.
  void Reopen(std::size_t run = kMidRun,
              std::size_t filter = MidIndex::kFilterSize) {
    index_.reset();
    recent_ = std::make_unique<RecentMids>();
    index_ = std::make_unique<MidIndex>(*database_, *recent_, run, filter);
    ASSERT_THAT(index_->Load(state_), IsOk());
  }
  void Run(const char* sql) { ASSERT_THAT(database_->Execute(sql), IsOk()); }
  void Begin() {
    before_ = state_;
    mark_ = index_->Mark();
    Run("BEGIN");
  }
  // Adds the next event; it names the mid of `number`.
  void Add(std::uint64_t number, journal::ItemKind kind = kMessageKind) {
    const std::string mid = NumberedMid(number);
    sqlite::Statement insert(
        *database_,
        "INSERT INTO events (seq, id, type, channel_no, "
        "channel_id, user_id, event_ms, receive_ms, mid_key, "
        "mid_kind, advances) VALUES (?1, x'00', '', 1, '', '', "
        "0, 0, ?2, ?3, 0)");
    ASSERT_THAT(
        insert.Bind(1, ++state_.last_seq).BindBlob(2, mid).Bind(3, kind).Run(),
        IsOk());
    index_->Add(mid, kind, state_.last_seq);
  }
  // Deletes the events up to `seq`, as EventTable does.
  void Trim(std::int64_t seq) {
    Run(absl::StrFormat("DELETE FROM event_mids WHERE (mid_key, kind, seq) IN "
                        "(SELECT mid_key, mid_kind, seq FROM events WHERE "
                        "seq <= %d)",
                        seq)
            .c_str());
    ASSERT_THAT(index_->ForgetThrough(seq), IsOk());
    Run(absl::StrFormat("DELETE FROM events WHERE seq <= %d", seq).c_str());
    state_.oldest_seq = seq + 1;
  }
  void Commit() {
    ASSERT_THAT(index_->Settle(state_), IsOk());
    Run("COMMIT");
    index_->OnCommitted(state_);
  }
  void RollBack() {
    Run("ROLLBACK");
    state_ = before_;
    ASSERT_THAT(index_->Restore(mark_, state_), IsOk());
  }
  // One transaction with events up to `last`, each the mid of its number.
  void CommitTo(std::int64_t last) {
    Begin();
    while (state_.last_seq < last) {
      Add(static_cast<std::uint64_t>(state_.last_seq) + 1);
    }
    Commit();
  }
  std::int64_t Find(std::uint64_t number,
                    journal::ItemKind kind = kMessageKind) {
    const auto seq = index_->Find(NumberedMid(number), kind);
    EXPECT_THAT(seq, IsOk());
    return seq.value_or(-1);
  }
  std::vector<std::int64_t> FindContent(std::uint64_t number) {
    const auto seqs = index_->FindContent(NumberedMid(number));
    EXPECT_THAT(seqs, IsOk());
    return seqs.value_or(std::vector<std::int64_t>());
  }
  void ExpectAll(std::int64_t from, std::int64_t to) {
    for (std::int64_t seq = from; seq <= to; ++seq) {
      ASSERT_EQ(Find(static_cast<std::uint64_t>(seq)), seq);
    }
  }
  // How many of the mids up to `last` are in memory.
  std::int64_t InMemory(std::int64_t last) {
    std::int64_t count = 0;
    for (std::int64_t seq = 1; seq <= last; ++seq) {
      const auto mid = NumberedMid(static_cast<std::uint64_t>(seq));
      if (!recent_->Find(mid, kMessageKind).empty()) ++count;
    }
    return count;
  }
  // Puts a row into the table of which the index learns nothing: it is found
  // only where the table is searched.
  void AddUnseen(std::uint64_t number) {
    sqlite::Statement insert(
        *database_,
        "INSERT INTO event_mids (mid_key, kind, seq) VALUES (?1, "
        "?2, 1)");
    ASSERT_THAT(
        insert.BindBlob(1, NumberedMid(number)).Bind(2, kMessageKind).Run(),
        IsOk());
  }
  // Returns how many of so many unseen mids are found in the table.
  int FoundUnseen(std::uint64_t count) {
    Run("SAVEPOINT unseen");
    int found = 0;
    for (std::uint64_t i = 1; i <= count; ++i) {
      AddUnseen(kUnseen + i);
      found += Find(kUnseen + i) != 0 ? 1 : 0;
    }
    Run("ROLLBACK TO unseen");
    Run("RELEASE unseen");
    return found;
  }
  std::int64_t InTable() {
    sqlite::Statement count(*database_, "SELECT count(*) FROM event_mids");
    return count.Step().value_or(false) ? count.Int(0) : -1;
  }

  TempFolder folder_;
  std::unique_ptr<sqlite::Database> database_;
  std::unique_ptr<RecentMids> recent_;
  std::unique_ptr<MidIndex> index_;
  LogState state_;
  // As they were when the transaction began.
  LogState before_;
  MidIndex::Position mark_;
};

}  // namespace linktor::state
