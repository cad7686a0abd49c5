#include "server/state/message_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/state/schema.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor {
namespace {

class MessageTableTest : public testing::Test {
 protected:
  MessageTableTest()
      : database_(*Database::Open(folder_.path() + "/a.db",
                                  Database::Mode::kReadWrite)) {
    EXPECT_THAT(Migrate(*database_), IsOk());
    table_ = std::make_unique<MessageTable>(*database_);
  }
  MessageRow Insert(const std::string& id, std::int64_t born_ms = 100) {
    MessageRow row{.id = id,
                   .channel_no = 1,
                   .channel_id = "shop",
                   .user_id = "501",
                   .state = v1::MESSAGE_STATE_PENDING,
                   .attempt = 1,
                   .request_id = "r" + id,
                   .request_fingerprint = "f",
                   .create_ms = 100,
                   .claim_ms = 100,
                   .sealed_content = "content of " + id,
                   .instance = "instance",
                   .incarnation = 3,
                   .born_ms = born_ms};
    EXPECT_THAT(table_->Insert(row, state_), IsOk());
    return row;
  }
  MessageRow Find(const std::string& id) {
    const auto found = table_->FindById(id);
    EXPECT_THAT(found, IsOk());
    return found.ok() && found->has_value() ? **found : MessageRow();
  }
  // The rows of contents, in their order.
  std::string Contents() {
    Statement read(*database_,
                   "SELECT group_concat(no || ' ' || sealed, ', ') FROM "
                   "(SELECT no, sealed FROM contents ORDER BY no)");
    return read.Step().value_or(false) ? read.String(0) : "?";
  }

  TempFolder folder_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<MessageTable> table_;
  LogState state_;
};

TEST_F(MessageTableTest, ContentIsARowOfItsOwn) {
  Insert("a");
  Insert("b");
  EXPECT_EQ(Contents(), "1 content of a, 2 content of b");
  EXPECT_EQ(Find("a").sealed_content, "content of a");
  EXPECT_EQ(Find("b").sealed_content, "content of b");
  EXPECT_EQ(Find("b").no, 2);
  EXPECT_EQ(Find("b").content_no, 2);
}

TEST_F(MessageTableTest, InsertedRowIsReadBackWhole) {
  Insert("a", /*born_ms=*/250);
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
  Insert("b", /*born_ms=*/100);
  EXPECT_EQ(Find("b").born_ms, 100) << "that of the claim";
}

// ---- Errors -----------------------------------------------------------------

TEST_F(MessageTableTest, ErrorIsAppendedToTheContents) {
  MessageRow row = Insert("a");
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
  MessageRow row = Insert("a");
  ASSERT_THAT(table_->SetError(row, "why", state_), IsOk());
  ASSERT_THAT(table_->Update(row), IsOk());
  Insert("b");
  row = Find("a");
  ASSERT_THAT(table_->SetError(row, "another reason", state_), IsOk());
  ASSERT_THAT(table_->Update(row), IsOk());
  EXPECT_EQ(Find("a").sealed_error, "another reason");
  EXPECT_EQ(Contents(), "1 content of a, 3 content of b, 4 another reason");
}

TEST_F(MessageTableTest, NoErrorLeavesNoRow) {
  MessageRow row = Insert("a");
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
  MessageRow row = Insert("a");
  ASSERT_THAT(table_->SetError(row, "why", state_), IsOk());
  ASSERT_THAT(table_->SetError(row, "", state_), IsOk());
  ASSERT_THAT(table_->SetError(row, "again", state_), IsOk());
  EXPECT_EQ(row.error_no, 3);
  EXPECT_EQ(state_.last_content_no, 3);
}

// ---- Look-ups ---------------------------------------------------------------

TEST_F(MessageTableTest, OpenOnesOldestClaimFirst) {
  MessageRow first = Insert("a");
  Insert("b");
  Insert("c");
  first.claim_ms = 300;
  ASSERT_THAT(table_->Update(first), IsOk());
  MessageRow ended = Find("b");
  ended.state = v1::MESSAGE_STATE_SENT;
  ASSERT_THAT(table_->Update(ended), IsOk());
  Insert("d");
  const auto open = table_->FindOpen(1, "501");
  ASSERT_THAT(open, IsOk());
  std::string ids;
  for (const MessageRow& row : *open) ids += row.id;
  EXPECT_EQ(ids, "cda");
  EXPECT_THAT(*table_->FindOpen(1, "502"), testing::IsEmpty());
  EXPECT_THAT(*table_->FindOpen(2, "501"), testing::IsEmpty());
}

// Its id may be that of an echo which turned out to be a send's.
TEST_F(MessageTableTest, ReadByItsIdOrThatOfItsMid) {
  MessageRow row = Insert("a");
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
    MessageRow row = Insert(id, born_ms);
    row.state = v1::MESSAGE_STATE_SENT;
    ASSERT_THAT(table_->Update(row), IsOk());
  }
  EXPECT_EQ(*table_->TrimRequests(/*before_ms=*/1000, /*limit=*/2), 2);
  EXPECT_EQ(Find("a").request_id, "ra");
  EXPECT_EQ(Find("b").request_id, "");
  EXPECT_EQ(Find("c").request_id, "");
}

}  // namespace
}  // namespace linktor
