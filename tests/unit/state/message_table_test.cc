#include "server/state/message_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/state/schema.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::state {
namespace {

class MessageTableTest : public testing::Test {
 protected:
  MessageTableTest()
      : database_(*sqlite::Database::Open(folder_.path() + "/a.db",
                                          sqlite::Database::Mode::kReadWrite)) {
    EXPECT_THAT(Migrate(*database_), IsOk());
    table_ = std::make_unique<MessageTable>(*database_);
  }
  struct Spec {
    std::string id;
    std::string content_match;
    std::int64_t claim_ms = 100;
    std::int64_t born_ms = 100;
  };
  MessageRow Insert(const Spec& spec) {
    MessageRow row{.id = spec.id,
                   .channel_no = 1,
                   .channel_id = "shop",
                   .user_id = "501",
                   .state = v1::MESSAGE_STATE_PENDING,
                   .attempt = 1,
                   .request_id = "r" + spec.id,
                   .request_fingerprint = "f",
                   .content_match = spec.content_match,
                   .create_ms = 100,
                   .claim_ms = spec.claim_ms,
                   .sealed_content = "content of " + spec.id,
                   .instance = "instance",
                   .incarnation = 3,
                   .born_ms = spec.born_ms};
    EXPECT_THAT(table_->Insert(row, state_), IsOk());
    return row;
  }
  MessageRow Find(const std::string& id) {
    const auto found = table_->FindById(id);
    EXPECT_THAT(found, IsOk());
    return found.ok() && found->has_value() ? **found : MessageRow();
  }
  // Returns the rows of the table of contents, in their order.
  std::string Contents() {
    sqlite::Statement read(
        *database_,
        "SELECT group_concat(no || ' ' || sealed, ', ') FROM "
        "(SELECT no, sealed FROM contents ORDER BY no)");
    return read.Step().value_or(false) ? read.String(0) : "?";
  }

  TempFolder folder_;
  std::unique_ptr<sqlite::Database> database_;
  std::unique_ptr<MessageTable> table_;
  LogState state_;
};

TEST_F(MessageTableTest, ContentIsARowOfItsOwn) {
  Insert({.id = "a"});
  Insert({.id = "b"});
  EXPECT_EQ(Contents(), "1 content of a, 2 content of b");
  EXPECT_EQ(Find("a").sealed_content, "content of a");
  EXPECT_EQ(Find("b").sealed_content, "content of b");
  EXPECT_EQ(Find("b").no, 2);
  EXPECT_EQ(Find("b").content_no, 2);
}

TEST_F(MessageTableTest, InsertedRowIsReadBackWhole) {
  Insert({.id = "a", .born_ms = 250});
  const MessageRow row = Find("a");
  EXPECT_EQ(row.state, v1::MESSAGE_STATE_PENDING);
  EXPECT_EQ(row.request_id, "ra");
  EXPECT_EQ(row.request_fingerprint, "f");
  EXPECT_EQ(row.content_match, "");
  EXPECT_EQ(row.instance, "instance");
  EXPECT_EQ(row.incarnation, 3);
  EXPECT_EQ(row.claim_ms, 100);
  EXPECT_EQ(row.born_ms, 250);
  EXPECT_EQ(row.error_no, 0);
  Insert({.id = "b", .born_ms = 100});
  EXPECT_EQ(Find("b").born_ms, 100) << "that of the claim";
}

// ---- Errors -----------------------------------------------------------------

TEST_F(MessageTableTest, ErrorIsAppendedToTheContents) {
  MessageRow row = Insert({.id = "a"});
  ASSERT_THAT(table_->SetError(row, "why", state_), IsOk());
  EXPECT_EQ(row.sealed_error, "why");
  EXPECT_EQ(row.error_no, 2);
  ASSERT_THAT(table_->Update(row), IsOk());
  EXPECT_EQ(Find("a").sealed_error, "why");
  EXPECT_EQ(Find("a").sealed_content, "content of a");
  EXPECT_EQ(Contents(), "1 content of a, 2 why");
}

// The old one is deleted and the new one appended: a row that is resized would
// leave parts of what it held in the file.
TEST_F(MessageTableTest, AnotherErrorTakesANewRow) {
  MessageRow row = Insert({.id = "a"});
  ASSERT_THAT(table_->SetError(row, "why", state_), IsOk());
  ASSERT_THAT(table_->Update(row), IsOk());
  Insert({.id = "b"});
  row = Find("a");
  ASSERT_THAT(table_->SetError(row, "another reason", state_), IsOk());
  ASSERT_THAT(table_->Update(row), IsOk());
  EXPECT_EQ(Find("a").sealed_error, "another reason");
  EXPECT_EQ(Contents(), "1 content of a, 3 content of b, 4 another reason");
}

TEST_F(MessageTableTest, NoErrorLeavesNoRow) {
  MessageRow row = Insert({.id = "a"});
  ASSERT_THAT(table_->SetError(row, "why", state_), IsOk());
  ASSERT_THAT(table_->Update(row), IsOk());
  row = Find("a");
  ASSERT_THAT(table_->SetError(row, "", state_), IsOk());
  ASSERT_THAT(table_->Update(row), IsOk());
  EXPECT_EQ(Find("a").sealed_error, "");
  EXPECT_EQ(Find("a").error_no, 0);
  EXPECT_EQ(Contents(), "1 content of a");
  // There was none: nothing happens.
  ASSERT_THAT(table_->SetError(row, "", state_), IsOk());
  EXPECT_EQ(Contents(), "1 content of a");
}

TEST_F(MessageTableTest, NumbersOfDeletedErrorsAreNotUsedAgain) {
  MessageRow row = Insert({.id = "a"});
  ASSERT_THAT(table_->SetError(row, "why", state_), IsOk());
  ASSERT_THAT(table_->SetError(row, "", state_), IsOk());
  ASSERT_THAT(table_->SetError(row, "again", state_), IsOk());
  EXPECT_EQ(row.error_no, 3);
  EXPECT_EQ(state_.last_content_no, 3);
}

// ---- Look-ups ---------------------------------------------------------------

TEST_F(MessageTableTest, AnAttemptIsWrittenWhole) {
  MessageRow row = Insert({.id = "a"});
  row.state = v1::MESSAGE_STATE_FAILED;
  row.settled_by = v1::SETTLED_BY_ANSWER;
  row.attempt = 2;
  row.claim_ms = 700;
  row.born_ms = 800;
  row.api_key_id = "key_2";
  row.instance = "another";
  row.incarnation = 4;
  ASSERT_THAT(table_->SetError(row, "why", state_), IsOk());
  ASSERT_THAT(table_->UpdateAttempt(row), IsOk());
  MessageRow found = Find("a");
  EXPECT_EQ(found.state, row.state);
  EXPECT_EQ(found.settled_by, row.settled_by);
  EXPECT_EQ(found.attempt, 2);
  EXPECT_EQ(found.claim_ms, 700);
  EXPECT_EQ(found.born_ms, 800);
  EXPECT_EQ(found.api_key_id, "key_2");
  EXPECT_EQ(found.instance, "another");
  EXPECT_EQ(found.incarnation, 4);
  EXPECT_EQ(found.sealed_error, "why");
  row.born_ms = row.claim_ms;
  row.api_key_id.clear();
  ASSERT_THAT(table_->SetError(row, "", state_), IsOk());
  ASSERT_THAT(table_->UpdateAttempt(row), IsOk());
  found = Find("a");
  EXPECT_EQ(found.born_ms, 700);
  EXPECT_EQ(found.api_key_id, "");
  EXPECT_EQ(found.error_no, 0);
}

TEST_F(MessageTableTest, WhatBecomesOfASendIsWrittenWhole) {
  MessageRow row = Insert({.id = "a"});
  row.state = v1::MESSAGE_STATE_UNCONFIRMED;
  row.settled_by = v1::SETTLED_BY_ECHO_CONTENT;
  row.mid = "m";
  row.mid_key = "key of m";
  row.send_ms = 300;
  row.echo_ms = 400;
  row.retract_ms = 500;
  ASSERT_THAT(table_->SetError(row, "why", state_), IsOk());
  ASSERT_THAT(table_->SetSettled(row, "settled", state_), IsOk());
  ASSERT_THAT(table_->Update(row), IsOk());
  MessageRow found = Find("a");
  EXPECT_EQ(found.state, row.state);
  EXPECT_EQ(found.settled_by, row.settled_by);
  EXPECT_EQ(found.mid, "m");
  EXPECT_EQ(found.mid_key, "key of m");
  EXPECT_EQ(found.send_ms, 300);
  EXPECT_EQ(found.echo_ms, 400);
  EXPECT_EQ(found.retract_ms, 500);
  EXPECT_EQ(found.sealed_error, "why");
  EXPECT_EQ(*table_->FindSettled(found), "settled");
  // The attempt stays.
  EXPECT_EQ(found.attempt, 1);
  EXPECT_EQ(found.claim_ms, 100);
  EXPECT_EQ(found.instance, "instance");
}

TEST_F(MessageTableTest, PendingOnesAreTheCustomersOwn) {
  MessageRow row = Insert({.id = "a", .content_match = "yes"});
  const ContentKey yes{
      .channel_no = 1, .user_id = "501", .content_match = "yes"};
  ContentKey no = yes;
  no.content_match = "no";
  EXPECT_TRUE(*table_->HasPending(1, "501"));
  EXPECT_TRUE(*table_->HasPendingOf(yes));
  EXPECT_FALSE(*table_->HasPendingOf(no));
  EXPECT_FALSE(*table_->HasPending(1, "502"));
  EXPECT_FALSE(*table_->HasPending(2, "501"));
  for (const auto state : {v1::MESSAGE_STATE_SENT, v1::MESSAGE_STATE_FAILED,
                           v1::MESSAGE_STATE_UNCONFIRMED}) {
    row.state = state;
    ASSERT_THAT(table_->Update(row), IsOk());
    EXPECT_FALSE(*table_->HasPending(1, "501")) << state;
    EXPECT_FALSE(*table_->HasPendingOf(yes)) << state;
  }
}

TEST_F(MessageTableTest, UnconfirmedOnesOfAContentWithinATime) {
  for (const auto& [id, claim_ms] :
       {std::pair{"a", 300}, std::pair{"b", 100}, std::pair{"c", 200},
        std::pair{"d", 300}}) {
    MessageRow row =
        Insert({.id = id, .content_match = "yes", .claim_ms = claim_ms});
    row.state = v1::MESSAGE_STATE_UNCONFIRMED;
    ASSERT_THAT(table_->Update(row), IsOk());
  }
  Insert({.id = "pending", .content_match = "yes", .claim_ms = 150});
  const ContentKey yes{
      .channel_no = 1, .user_id = "501", .content_match = "yes"};
  const auto last = [&](std::int64_t from_ms, std::int64_t to_ms) {
    std::string ids;
    const auto found = table_->LastUnconfirmed(yes, from_ms, to_ms);
    EXPECT_THAT(found, IsOk());
    for (const UnconfirmedSend& one : *found) ids += one.id;
    return ids;
  };
  EXPECT_EQ(last(0, 1000), "da");
  EXPECT_EQ(last(100, 299), "cb");
  EXPECT_EQ(last(101, 200), "c");
  EXPECT_EQ(last(101, 199), "");
  EXPECT_EQ(*table_->NextUnconfirmed(yes, 0), 100);
  EXPECT_EQ(*table_->NextUnconfirmed(yes, 100), 100);
  EXPECT_EQ(*table_->NextUnconfirmed(yes, 101), 200);
  EXPECT_EQ(*table_->NextUnconfirmed(yes, 301), std::nullopt);
}

TEST_F(MessageTableTest, UnmatchedEchoesOfAContentWithinATime) {
  std::int64_t seq = 0;
  for (const std::int64_t echo_ms : {300, 100, 200, 100}) {
    ++seq;
    ASSERT_THAT(table_->AddUnmatched({.seq = seq,
                                      .channel_no = 1,
                                      .user_id = "501",
                                      .content_match = "yes",
                                      .echo_ms = echo_ms,
                                      .born_ms = 1,
                                      .mid = absl::StrCat("m", seq),
                                      .mid_key = absl::StrCat("key", seq)}),
                IsOk());
  }
  const ContentKey yes{
      .channel_no = 1, .user_id = "501", .content_match = "yes"};
  const auto first = [&](std::int64_t from_ms, std::int64_t to_ms) {
    std::string mids;
    const auto found = table_->FirstUnmatched(yes, from_ms, to_ms);
    EXPECT_THAT(found, IsOk());
    for (const UnmatchedEcho& one : *found) mids += one.mid;
    return mids;
  };
  EXPECT_EQ(first(0, 1000), "m2m4");
  EXPECT_EQ(first(101, 300), "m3m1");
  EXPECT_EQ(first(201, 299), "");
  ASSERT_THAT(table_->RemoveUnmatched("key2"), IsOk());
  EXPECT_EQ(first(0, 1000), "m4m3");
}

TEST_F(MessageTableTest, ReadingThePendingOnesReadsNoOthers) {
  // All of it is one transaction, because each would be synced.
  ASSERT_THAT(database_->Execute("BEGIN"), IsOk());
  std::int64_t steps = 0;
  const auto count = [](void* counted) {
    ++*static_cast<std::int64_t*>(counted);
    return 0;
  };
  sqlite3_progress_handler(database_->handle(), /*nOps=*/1, count, &steps);
  const auto steps_among = [&](int ended) {
    for (int i = 0; i < ended; ++i) {
      MessageRow row = Insert({.id = absl::StrCat(ended, " ", i)});
      row.state = v1::MESSAGE_STATE_SENT;
      EXPECT_THAT(table_->Update(row), IsOk());
    }
    Insert({.id = absl::StrCat("pending ", ended)});
    const std::int64_t before = steps;
    EXPECT_THAT(*FindPending(*database_), testing::SizeIs(ended == 1 ? 1 : 2));
    return steps - before;
  };
  const std::int64_t few = steps_among(1);
  EXPECT_LE(steps_among(300), 3 * few);
}

// Its id may be that of an echo which turned out to be a send's.
TEST_F(MessageTableTest, ReadByItsIdOrThatOfItsMid) {
  MessageRow row = Insert({.id = "a"});
  row.state = v1::MESSAGE_STATE_SENT;
  row.mid = "m1";
  row.mid_key = "key of m1";
  ASSERT_THAT(table_->Update(row), IsOk());
  for (const char* id : {"a", "key of m1"}) {
    const auto found = ReadMessageById(*database_, id);
    ASSERT_THAT(found, IsOk());
    ASSERT_TRUE(found->has_value()) << id;
    EXPECT_EQ((*found)->id, "a");
    EXPECT_EQ((*found)->mid, "m1");
  }
  EXPECT_FALSE(ReadMessageById(*database_, "m1")->has_value());
}

// The oldest go first, whatever order SQLite would walk them in.
TEST_F(MessageTableTest, RequestIdsAreForgottenByAge) {
  for (const auto& [id, born_ms] :
       {std::pair{"a", 300}, std::pair{"b", 100}, std::pair{"c", 200}}) {
    MessageRow row = Insert({.id = id, .born_ms = born_ms});
    row.state = v1::MESSAGE_STATE_SENT;
    ASSERT_THAT(table_->Update(row), IsOk());
  }
  EXPECT_EQ(*table_->TrimRequests(/*before_ms=*/1000, /*limit=*/2), 2);
  EXPECT_EQ(Find("a").request_id, "ra");
  EXPECT_EQ(Find("b").request_id, "");
  EXPECT_EQ(Find("c").request_id, "");
}

}  // namespace
}  // namespace linktor::state
