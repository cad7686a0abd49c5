// The heads of conversations, in memory and in runs, on a database of its
// own with transactions that a test begins, commits and rolls back.

#include "server/state/conversation_heads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/state/conversation_table.h"
#include "server/state/schema.h"
#include "tests/support/seed.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::state {
namespace {

constexpr std::int64_t kChannel = 7;
constexpr std::size_t kHeadRun = 100;

class ConversationHeadsTest : public testing::Test {
 protected:
  ConversationHeadsTest()
      : database_(*sqlite::Database::Open(folder_.path() + "/a.db",
                                          sqlite::Database::Mode::kReadWrite)) {
    EXPECT_THAT(Migrate(*database_), IsOk());
    // Durability is not tested here.
    EXPECT_THAT(database_->Execute("PRAGMA synchronous=OFF"), IsOk());
    Reopen();
  }

  // As after a start.
  void Reopen() {
    heads_.reset();
    recent_ = std::make_unique<RecentHeads>();
    heads_ =
        std::make_unique<ConversationHeads>(*database_, *recent_, kHeadRun);
    ASSERT_THAT(heads_->Load(state_), IsOk());
  }
  void Run(const std::string& sql) {
    ASSERT_THAT(database_->Execute(sql.c_str()), IsOk());
  }
  void Begin() {
    before_ = state_;
    mark_ = heads_->Mark();
    Run("BEGIN");
  }
  // Adds the next event. The user did it at `time_ms`, which opens the window,
  // and it was received at `receive_ms`. Returns whether the activity has
  // moved.
  bool Add(const std::string& user, std::int64_t time_ms,
           std::int64_t receive_ms) {
    return AddAny(user, time_ms, receive_ms).advances;
  }
  // Adds the next event, which may open no window, and may tell of a message.
  ConversationHeads::Noted AddAny(const std::string& user,
                                  std::optional<std::int64_t> activity_ms,
                                  std::int64_t receive_ms,
                                  bool message = false) {
    const std::int64_t seq = ++state_.last_seq;
    const auto made = heads_->Note(kChannel, user,
                                   {.seq = seq,
                                    .receive_ms = receive_ms,
                                    .activity_ms = activity_ms,
                                    .message = message});
    EXPECT_THAT(made, IsOk());
    const auto noted = made.value_or(ConversationHeads::Noted());
    sqlite::Statement insert(
        *database_,
        "INSERT INTO events (seq, id, type, channel_no, "
        "channel_id, user_id, event_ms, receive_ms, mid_kind, "
        "before_seq, advances) VALUES (?1, x'00', ?8, ?2, '', ?3, "
        "?4, ?5, 0, ?6, ?7)");
    EXPECT_THAT(insert.Bind(1, seq)
                    .Bind(2, kChannel)
                    .BindText(3, user)
                    .Bind(4, activity_ms.value_or(0))
                    .Bind(5, receive_ms)
                    .Bind(6, noted.before_seq)
                    .Bind(7, noted.advances ? 1 : 0)
                    .BindText(8, message ? "message.sent" : "message.read")
                    .Run(),
                IsOk());
    return noted;
  }
  bool Add(const std::string& user, std::int64_t time_ms) {
    return Add(user, time_ms, time_ms);
  }
  // Deletes the events up to `seq`, as a Trim does.
  void Trim(std::int64_t seq) {
    Run(absl::StrCat("DELETE FROM events WHERE seq <= ", seq));
    if (seq > state_.heads_through) {
      ASSERT_THAT(heads_->WriteThrough(seq, state_), IsOk());
    }
  }
  void Commit() {
    ASSERT_THAT(heads_->Settle(state_), IsOk());
    Run("COMMIT");
    heads_->OnCommitted(state_);
  }
  void RollBack() {
    Run("ROLLBACK");
    state_ = before_;
    heads_->Restore(mark_);
  }
  // One transaction with events up to `last`; the user of each is its number.
  void CommitTo(std::int64_t last) {
    Begin();
    while (state_.last_seq < last) {
      Add(std::to_string(state_.last_seq + 1), 1000 + state_.last_seq + 1);
    }
    Commit();
  }
  // As readers do, on the state that is committed.
  ConversationHead Head(const std::string& user) {
    const auto newer = recent_->Find(kChannel, user);
    if (newer.has_value()) return *newer;
    const auto row = ReadConversation(*database_, kChannel, user);
    EXPECT_THAT(row, IsOk());
    return {.last_inbound_ms = row->last_inbound_ms,
            .last_seq = row->last_seq,
            .last_message_seq = row->last_message_seq};
  }
  // Returns the last activity.
  std::optional<std::int64_t> Read(const std::string& user) {
    return Head(user).last_inbound_ms;
  }
  std::optional<std::int64_t> InTable(const std::string& user) {
    const auto row = ReadConversation(*database_, kChannel, user);
    EXPECT_THAT(row, IsOk());
    return row->last_inbound_ms;
  }
  std::int64_t Rows() {
    sqlite::Statement count(*database_, "SELECT count(*) FROM conversations");
    return count.Step().value_or(false) ? count.Int(0) : -1;
  }

  TempFolder folder_;
  std::unique_ptr<sqlite::Database> database_;
  std::unique_ptr<RecentHeads> recent_;
  std::unique_ptr<ConversationHeads> heads_;
  LogState state_;
  // As they were when the transaction began.
  LogState before_;
  ConversationHeads::Position mark_;
};

TEST_F(ConversationHeadsTest, NewOnesAreInMemoryAndTheEventsSayTheSame) {
  CommitTo(99);
  EXPECT_EQ(Rows(), 0);
  EXPECT_EQ(Read("5"), 1005);
  Reopen();
  EXPECT_EQ(Rows(), 0);
  EXPECT_EQ(Read("5"), 1005);
  EXPECT_EQ(Read("99"), 1099);
  EXPECT_EQ(Read("100"), std::nullopt);
}

TEST_F(ConversationHeadsTest, ARunGoesToTheTableAPartWithEachCommit) {
  CommitTo(100);
  EXPECT_EQ(Rows(), 0) << "the run begins after this commit";
  CommitTo(101);
  EXPECT_EQ(Rows(), 32);
  EXPECT_EQ(state_.heads_through, 0);
  CommitTo(121);
  EXPECT_EQ(Rows(), 72) << "twice as many as events came";
  CommitTo(140);
  EXPECT_EQ(Rows(), 100);
  EXPECT_EQ(state_.heads_through, 100);
  EXPECT_FALSE(recent_->Find(kChannel, "100").has_value());
  EXPECT_TRUE(recent_->Find(kChannel, "101").has_value());
  for (int user = 1; user <= 140; ++user) {
    EXPECT_EQ(Read(std::to_string(user)), 1000 + user);
  }
}

TEST_F(ConversationHeadsTest, OneRowForAllThatACustomerWrites) {
  for (int i = 1; i <= 150; ++i) {
    Begin();
    EXPECT_TRUE(Add("1", 1000 + i));
    Commit();
  }
  EXPECT_EQ(Rows(), 1);
  EXPECT_EQ(Read("1"), 1150);
  EXPECT_EQ(state_.heads_through, 100);
  Reopen();
  EXPECT_EQ(Read("1"), 1150);
}

// Events that are no activity count, too, so that a start reads no more than a
// run of them.
TEST_F(ConversationHeadsTest, ARunWithoutCustomersIsDoneAtOnce) {
  Begin();
  state_.last_seq = 100;
  Commit();
  Begin();
  Commit();
  EXPECT_EQ(state_.heads_through, 100);
}

TEST_F(ConversationHeadsTest, LaterTimeStays) {
  Begin();
  EXPECT_TRUE(Add("1", 2000));
  EXPECT_FALSE(Add("1", 1500, 2100));
  EXPECT_FALSE(Add("1", 2000, 2100)) << "the same time";
  EXPECT_TRUE(Add("1", 2001, 2100));
  Commit();
  EXPECT_EQ(Read("1"), 2001);
}

TEST_F(ConversationHeadsTest, TimeOfAWrongClockIsReplaced) {
  Begin();
  EXPECT_TRUE(Add("1", 9'000'000));
  Commit();
  Begin();
  EXPECT_TRUE(Add("1", 2000, 2001));
  Commit();
  EXPECT_EQ(Read("1"), 2000);
  Reopen();
  EXPECT_EQ(Read("1"), 2000) << "the later event decides";
}

TEST_F(ConversationHeadsTest, ReadersSeeWhatIsCommitted) {
  Begin();
  Add("1", 1000);
  EXPECT_FALSE(recent_->Find(kChannel, "1").has_value());
  EXPECT_EQ(heads_->InMemory(kChannel, "1")
                .value_or(ConversationHead())
                .last_inbound_ms,
            1000)
      << "the transaction itself sees it";
  RollBack();
  EXPECT_EQ(Read("1"), std::nullopt);
  EXPECT_FALSE(heads_->InMemory(kChannel, "1").has_value());
}

TEST_F(ConversationHeadsTest, SavepointTakesBackWhatCameAfterIt) {
  Begin();
  Add("1", 1000);
  Run("SAVEPOINT one");
  const LogState state = state_;
  const ConversationHeads::Position position = heads_->Mark();
  Add("1", 1001);
  Add("1", 1002);
  Add("2", 1003);
  Run("ROLLBACK TO one");
  state_ = state;
  heads_->Restore(position);
  Add("3", 1004);
  Commit();
  EXPECT_EQ(Read("1"), 1000);
  EXPECT_EQ(Read("2"), std::nullopt);
  EXPECT_EQ(Read("3"), 1004);
  Reopen();
  EXPECT_EQ(Read("1"), 1000);
  EXPECT_EQ(Read("3"), 1004);
}

TEST_F(ConversationHeadsTest, RolledBackPartOfARunIsMovedAgain) {
  CommitTo(100);
  Begin();
  ASSERT_THAT(heads_->Settle(state_), IsOk());
  EXPECT_EQ(Rows(), 32);
  RollBack();
  EXPECT_EQ(Rows(), 0);
  CommitTo(150);
  EXPECT_EQ(Rows(), 100);
  for (int user = 1; user <= 100; ++user) {
    EXPECT_EQ(InTable(std::to_string(user)), 1000 + user);
  }
}

TEST_F(ConversationHeadsTest, AStartInTheMiddleOfARunLosesNothing) {
  CommitTo(100);
  CommitTo(101);
  ASSERT_EQ(Rows(), 32);
  Begin();
  // One that was moved, and one that was not.
  Add("1", 5000);
  Add("99", 5000);
  Commit();
  Reopen();
  EXPECT_EQ(Read("1"), 5000);
  EXPECT_EQ(Read("99"), 5000);
  EXPECT_EQ(Read("50"), 1050);
}

// ---- Events that open no window ---------------------------------------------

TEST_F(ConversationHeadsTest, EveryEventIsTheHeadAndNamesTheOneBefore) {
  Begin();
  EXPECT_EQ(AddAny("1", 1000, 1000).before_seq, 0);
  EXPECT_EQ(AddAny("2", 1000, 1000).before_seq, 0);
  const auto echo = AddAny("1", std::nullopt, 1001);
  EXPECT_EQ(echo.before_seq, 1);
  EXPECT_FALSE(echo.advances);
  Commit();
  EXPECT_EQ(Head("1").last_seq, 3);
  EXPECT_EQ(Read("1"), 1000);
  EXPECT_EQ(Head("2").last_seq, 2);
  Reopen();
  EXPECT_EQ(Head("1").last_seq, 3);
  EXPECT_EQ(Read("1"), 1000);
}

TEST_F(ConversationHeadsTest, ACustomerWhoNeverWroteHasAHeadAndNoActivity) {
  Begin();
  AddAny("1", std::nullopt, 1000);
  Commit();
  CommitTo(200);
  CommitTo(300);
  EXPECT_EQ(Rows(), 200);
  EXPECT_EQ(Head("1").last_seq, 1);
  EXPECT_EQ(Read("1"), std::nullopt);
}

// A run is under way, and the transaction deletes what it has just added.
TEST_F(ConversationHeadsTest, ARunWritesTheHeadOfTheOpenTransaction) {
  CommitTo(100);
  Begin();
  Add("1", 9000);
  Trim(101);
  Commit();
  CommitTo(250);
  EXPECT_EQ(InTable("1"), 9000);
  EXPECT_EQ(Head("1").last_seq, 101);
}

// What the deleted event says of the activity, the later one does not.
TEST_F(ConversationHeadsTest, ALaterEventDoesNotLoseADeletedOnesActivity) {
  Begin();
  AddAny("1", 1000, 1000);
  AddAny("1", std::nullopt, 1001);
  Commit();
  Begin();
  Trim(1);
  Commit();
  Reopen();
  EXPECT_EQ(Read("1"), 1000);
  EXPECT_EQ(Head("1").last_seq, 2);
}

// ---- Deleted events ---------------------------------------------------------

TEST_F(ConversationHeadsTest, DeletedEventsLeaveWhatTheyHaveMade) {
  CommitTo(10);
  Begin();
  Trim(7);
  Commit();
  EXPECT_EQ(Rows(), 7);
  EXPECT_EQ(state_.heads_through, 7);
  EXPECT_FALSE(recent_->Find(kChannel, "7").has_value());
  Reopen();
  for (int user = 1; user <= 10; ++user) {
    EXPECT_EQ(Read(std::to_string(user)), 1000 + user);
  }
}

TEST_F(ConversationHeadsTest, EventsCanBeDeletedWhereTheyWereMade) {
  Begin();
  Add("1", 1001);
  Add("2", 1002);
  Add("1", 1003);
  Trim(2);
  Commit();
  EXPECT_EQ(InTable("2"), 1002);
  EXPECT_EQ(InTable("1"), 1003);
  Reopen();
  EXPECT_EQ(Read("1"), 1003);
  EXPECT_EQ(Read("2"), 1002);
}

// The run was made before the customer wrote again and that was deleted.
TEST_F(ConversationHeadsTest, ARunDoesNotWriteOverWhatDeletedEventsHaveMade) {
  CommitTo(100);
  Begin();
  Add("99", 5000);
  Commit();
  Begin();
  Trim(101);
  Commit();
  ASSERT_EQ(InTable("99"), 5000);
  CommitTo(200);
  CommitTo(250);
  EXPECT_EQ(InTable("99"), 5000);
  Reopen();
  EXPECT_EQ(Read("99"), 5000);
}

// ---- All of it ----------------------------------------------------------

TEST_F(ConversationHeadsTest, IsWhatAPlainMapSays) {
  const std::uint64_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("LINKTOR_TEST_SEED=", seed));
  Random random(seed);
  constexpr std::size_t kUsers = 300;
  std::map<std::string, ConversationHead> expected;
  std::int64_t clock = 10'000;
  std::int64_t oldest = 0;
  std::int64_t whole_runs = 0;
  for (int round = 0; round < 600; ++round) {
    const auto before = expected;
    const std::int64_t oldest_before = oldest;
    const std::int64_t through = state_.heads_through;
    Begin();
    for (std::size_t n = random.Below(random.OneIn(10) ? 150 : 12); n > 0;
         --n) {
      clock += static_cast<std::int64_t>(random.Below(50));
      // A clock that is far ahead now and then.
      const std::int64_t now = random.OneIn(200) ? clock + 1'000'000 : clock;
      const std::int64_t time =
          now - static_cast<std::int64_t>(random.Below(100));
      const std::string user = std::to_string(random.Below(kUsers));
      ConversationHead& head = expected[user];
      const bool opens = !random.OneIn(3);
      const std::optional<std::int64_t> last = head.last_inbound_ms;
      const bool moves =
          opens && (!last.has_value() || *last < time || *last > now);
      const bool message = random.OneIn(2);
      const auto noted = AddAny(
          user, opens ? std::optional(time) : std::nullopt, now, message);
      ASSERT_EQ(noted.advances, moves) << user;
      ASSERT_EQ(noted.before_seq, head.last_seq) << user;
      if (moves) head.last_inbound_ms = time;
      head.last_seq = state_.last_seq;
      if (message) head.last_message_seq = state_.last_seq;
    }
    if (random.OneIn(12) && state_.last_seq > oldest) {
      oldest += static_cast<std::int64_t>(
          random.Below(static_cast<std::size_t>(state_.last_seq - oldest)));
      Trim(oldest);
    }
    if (random.OneIn(6)) {
      RollBack();
      expected = before;
      oldest = oldest_before;
    } else {
      Commit();
      whole_runs += state_.heads_through > through ? 1 : 0;
    }
    if (random.OneIn(20)) Reopen();
    if (random.OneIn(5)) {
      for (std::size_t user = 0; user < kUsers; ++user) {
        const std::string id = std::to_string(user);
        const auto it = expected.find(id);
        const ConversationHead head =
            it == expected.end() ? ConversationHead() : it->second;
        ASSERT_EQ(Read(id), head.last_inbound_ms)
            << "user " << id << ", round " << round;
        ASSERT_EQ(Head(id).last_seq, head.last_seq)
            << "user " << id << ", round " << round;
        ASSERT_EQ(Head(id).last_message_seq, head.last_message_seq)
            << "user " << id << ", round " << round;
      }
    }
  }
  EXPECT_GT(whole_runs, 20);
}

}  // namespace
}  // namespace linktor::state
