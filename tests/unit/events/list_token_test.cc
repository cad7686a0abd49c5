#include "server/events/list_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace linktor::events {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kEndOfLog = 1000;

CursorCodec CodecOf(std::int64_t epoch) {
  return CursorCodec({.log_id = "log-id-1", .epoch = epoch, .former = {}});
}

class ListTokenTest : public testing::Test {
 protected:
  absl::StatusOr<ListPlace> Read(const std::string& token,
                                 LogList list = LogList::kNewestMessages,
                                 std::size_t numbers = 2) const {
    return ReadListToken(list, cursors_, kEndOfLog, token, numbers);
  }
  void ExpectRefused(const std::string& token) const {
    EXPECT_THAT(Read(token), StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_THAT(Read(token), HasReason("INVALID_REQUEST")) << token;
  }

  const CursorCodec cursors_ = CodecOf(3);
  const std::string token_ =
      MakeListToken(LogList::kNewestMessages, cursors_, 70, {12345, 0});
};

TEST_F(ListTokenTest, SaysWhatItWasMadeOf) {
  const auto place = Read(token_);
  ASSERT_THAT(place, IsOk());
  EXPECT_EQ(place->end_seq, 70);
  EXPECT_THAT(place->numbers, ElementsAre(12345, 0));
}

TEST_F(ListTokenTest, IsRefusedWhenAnythingOfItIsChangedOrMissing) {
  for (std::size_t i = 0; i < token_.size(); ++i) {
    for (const char other : {'1', 'x'}) {
      std::string changed = token_;
      if (changed[i] == other) continue;
      changed[i] = other;
      ExpectRefused(changed);
    }
    ExpectRefused(token_.substr(0, i));
  }
  ExpectRefused(absl::StrCat(token_, "1"));
}

TEST_F(ListTokenTest, IsOfOneListAndOrder) {
  constexpr LogList kLists[] = {
      LogList::kNewestEvents, LogList::kOldestEvents, LogList::kNewestMessages,
      LogList::kOldestMessages, LogList::kConversations};
  for (const LogList made : kLists) {
    for (const LogList read : kLists) {
      const std::string token = MakeListToken(made, cursors_, 70, {1, 2});
      EXPECT_EQ(Read(token, read).ok(), made == read)
          << static_cast<char>(made) << static_cast<char>(read);
    }
  }
  EXPECT_THAT(Read(token_, LogList::kNewestMessages, 1),
              HasReason("INVALID_REQUEST"));
}

// Readers may count on from any number without a look.
TEST_F(ListTokenTest, HasNoNegativeAndNoHugeNumber) {
  for (const std::int64_t number :
       {std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()}) {
    ExpectRefused(
        MakeListToken(LogList::kNewestMessages, cursors_, 70, {12345, number}));
  }
}

TEST_F(ListTokenTest, IsTakenAfterARestoreWhereTheLogHasTheSameEvents) {
  const CursorCodec later({.log_id = "log-id-1",
                           .epoch = 9,
                           .former = {{.epoch = 3, .last_seq = 100}}});
  EXPECT_THAT(ReadListToken(LogList::kNewestMessages, later, kEndOfLog, token_,
                            /*numbers=*/2),
              IsOk());
  const std::string beyond =
      MakeListToken(LogList::kNewestMessages, cursors_, 101, {1, 2});
  EXPECT_THAT(ReadListToken(LogList::kNewestMessages, later, kEndOfLog, beyond,
                            /*numbers=*/2),
              HasReason("INVALID_REQUEST"));
}

TEST_F(ListTokenTest, IsRefusedWhereTheLogHadOtherEvents) {
  ExpectRefused(
      MakeListToken(LogList::kNewestMessages, CodecOf(4), 70, {1, 1}));
  ExpectRefused(
      MakeListToken(LogList::kNewestMessages, cursors_, kEndOfLog + 1, {1, 1}));
}

}  // namespace
}  // namespace linktor::events
