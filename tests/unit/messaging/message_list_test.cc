// ListMessages by times, under clocks that are set, of a channel whose sends
// stand among those of others, and of what was deleted; the rest of it is in
// tests/integration/list_messages_test.cc.

#include "server/messaging/message_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "server/sqlite/database.h"
#include "tests/support/seed.h"
#include "tests/unit/messaging/messaging_fixture.h"

namespace linktor::messaging {
namespace {

using google::protobuf::util::TimeUtil;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MessageListTest : public MessagingFixture {
 public:
  // The journal tells the log of commits until it goes.
  ~MessageListTest() override { CloseJournal(); }

 protected:
  MessageListTest() {
    folder_->feed().Add([this](auto records) { log_.OnCommit(records); });
  }

  // The customer writes now, by the clock of the server.
  void Write(const std::string& mid, const std::string& user = kUser) {
    EXPECT_THAT(journal::AppendAs<state::DeliveryAnswer>(
                    *journal_, Webhook(journal::ITEM_KIND_MESSAGE, user, mid)),
                IsOk());
  }

  // So many sends of the channel are under way. The last request id ends with
  // `count`.
  void Claim(const std::string& channel_id, int count) {
    for (int i = 1; i <= count; ++i) {
      journal::Record record = journal::NewRecord(NowMs());
      journal::Claim& claim = *record.mutable_claim();
      claim.set_message_id(NewRawId());
      claim.set_channel_no(ChannelNo(channel_id));
      claim.set_channel_id(channel_id);
      claim.set_user_id(kUser);
      claim.set_request_id(absl::StrCat("r", ++claims_));
      claim.set_request_fingerprint("f");
      // The journal has room for so many at once.
      if (i % 500 == 0 || i == count) {
        EXPECT_THAT(journal::AppendAs<state::ClaimAnswer>(*journal_, record),
                    IsOk());
      } else {
        journal_->Append({.record = std::move(record), .clear = {}},
                         [](const journal::Ending& end) {
                           EXPECT_TRUE(end.applied()) << end.status;
                         });
      }
    }
  }

  v1::ListMessagesResponse Page(const v1::ListMessagesRequest& request) {
    auto page = list_.List(request);
    EXPECT_THAT(page, IsOk());
    return page.value_or(v1::ListMessagesResponse());
  }

  // Returns the ids of all messages that came from the first time on and before
  // the second, in ms since the epoch.
  std::vector<std::string> Between(std::int64_t since_ms, std::int64_t until_ms,
                                   v1::ListOrder order) {
    v1::ListMessagesRequest request;
    request.set_channel_id("ch_1");
    request.set_user_id(kUser);
    request.set_page_size(3);
    request.set_order(order);
    *request.mutable_since() = TimeUtil::MillisecondsToTimestamp(since_ms);
    *request.mutable_until() = TimeUtil::MillisecondsToTimestamp(until_ms);
    std::vector<std::string> ids;
    for (;;) {
      const v1::ListMessagesResponse page = Page(request);
      for (const v1::Message& message : page.messages()) {
        ids.push_back(message.id());
      }
      if (page.next_page_token().empty()) return ids;
      request.set_page_token(page.next_page_token());
    }
  }

  // Returns the request ids of the sends of ch_1, page by page.
  std::vector<std::vector<std::string>> SendsByPage(v1::ListOrder order) {
    v1::ListMessagesRequest request;
    request.set_order(order);
    return SendsByPage(request);
  }
  std::vector<std::vector<std::string>> SendsByPage(
      v1::ListMessagesRequest request) {
    request.set_channel_id("ch_1");
    std::vector<std::vector<std::string>> pages;
    do {
      const v1::ListMessagesResponse page = Page(request);
      pages.emplace_back();
      for (const v1::Message& message : page.messages()) {
        pages.back().push_back(message.request_id());
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return pages;
  }

  std::string IdOf(const std::string& mid) {
    return FormatId(kMessagePrefix, state::MidKey(ChannelNo(), mid));
  }

  int claims_ = 0;
  events::EventLog log_{*folder_};
  MessageList list_{*folder_, log_, *reader_, *registry_};
};

TEST_F(MessageListTest, AMessageIsInTheListOfItsTime) {
  const std::int64_t start_ms = NowMs();
  Write("a");
  clock_.Advance(absl::Milliseconds(10));
  Write("b");
  for (const auto order :
       {v1::LIST_ORDER_NEWEST_FIRST, v1::LIST_ORDER_OLDEST_FIRST}) {
    EXPECT_THAT(Between(start_ms, start_ms + 1, order), ElementsAre(IdOf("a")));
    EXPECT_THAT(Between(start_ms + 1, start_ms + 10, order), IsEmpty());
    EXPECT_THAT(Between(start_ms + 10, start_ms + 11, order),
                ElementsAre(IdOf("b")));
  }
}

// The clock goes back and far ahead, and every message is in exactly one of the
// lists of adjacent times.
TEST_F(MessageListTest, AdjacentListsHaveEveryMessageOnce) {
  const std::uint64_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("LINKTOR_TEST_SEED=", seed));
  Random random(seed);
  const std::int64_t start_ms = NowMs();
  std::set<std::string> expected;
  for (int i = 0; i < 200; ++i) {
    const std::string mid = absl::StrCat("m", i);
    clock_.Set(absl::FromUnixMillis(
        start_ms + static_cast<std::int64_t>(random.Below(1000)) +
        (random.OneIn(40) ? 1'000'000'000 : 0)));
    Write(mid, random.OneIn(3) ? "778" : kUser);
    clock_.Set(absl::FromUnixMillis(start_ms));
    expected.insert(IdOf(mid));
  }
  v1::ListMessagesRequest whole;
  whole.set_channel_id("ch_1");
  whole.set_user_id("778");
  whole.set_page_size(1000);
  const v1::ListMessagesResponse others = Page(whole);
  for (const v1::Message& message : others.messages()) {
    expected.erase(message.id());
  }
  for (const auto order :
       {v1::LIST_ORDER_NEWEST_FIRST, v1::LIST_ORDER_OLDEST_FIRST}) {
    std::vector<std::string> found;
    std::int64_t since_ms = start_ms;
    while (since_ms < start_ms + 1000) {
      const std::int64_t until_ms =
          since_ms + 1 + static_cast<std::int64_t>(random.Below(200));
      const auto some = Between(since_ms, until_ms, order);
      found.insert(found.end(), some.begin(), some.end());
      since_ms = until_ms;
    }
    const auto ahead = Between(since_ms, start_ms + 2'000'000'000, order);
    EXPECT_FALSE(ahead.empty());
    found.insert(found.end(), ahead.begin(), ahead.end());
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found,
              std::vector<std::string>(expected.begin(), expected.end()));
  }
}

// The events of the old channel are kept longer than its id rests.
TEST_F(MessageListTest, AnIdThatIsUsedAgainBringsNoOldMessages) {
  Write("old");
  DeleteChannel("ch_1");
  LetIdsRest();
  CreateChannel("ch_1", "17841400000000002", "200");
  Write("new");
  v1::ListMessagesRequest request;
  request.set_channel_id("ch_1");
  for (const std::string& user : {std::string(), std::string(kUser)}) {
    request.set_user_id(user);
    const v1::ListMessagesResponse page = Page(request);
    ASSERT_EQ(page.messages_size(), 1);
    EXPECT_EQ(page.messages(0).id(), IdOf("new"));
  }
}

// More of them than a page has stand within the numbers that are looked at.
TEST_F(MessageListTest, EachSendOfAChannelIsInOnePage) {
  CreateChannel("ch_2", "17841400000000002", "200");
  std::vector<std::string> expected;
  for (int i = 0; i < 120; ++i) {
    Claim("ch_1", 1);
    expected.push_back(absl::StrCat("r", claims_));
    Claim("ch_2", 1);
  }
  const std::vector<std::string> newest(expected.rbegin(), expected.rend());
  for (const int page_size : {0, 1, 7, 60, 1000}) {
    for (const auto state :
         {v1::MESSAGE_STATE_UNSPECIFIED, v1::MESSAGE_STATE_PENDING,
          v1::MESSAGE_STATE_FAILED}) {
      v1::ListMessagesRequest request;
      request.set_page_size(page_size);
      if (state != v1::MESSAGE_STATE_UNSPECIFIED) request.add_states(state);
      for (const bool newest_first : {true, false}) {
        request.set_order(newest_first ? v1::LIST_ORDER_NEWEST_FIRST
                                       : v1::LIST_ORDER_OLDEST_FIRST);
        std::vector<std::string> found;
        for (const auto& page : SendsByPage(request)) {
          found.insert(found.end(), page.begin(), page.end());
        }
        if (state == v1::MESSAGE_STATE_FAILED) {
          EXPECT_THAT(found, IsEmpty());
        } else {
          EXPECT_EQ(found, newest_first ? newest : expected);
        }
      }
    }
  }
}

// A page looks at the sends of all channels, of which no index tells, and at
// no more than it promises: then it has a token and perhaps no message. Sends
// that were deleted since are not looked at.
TEST_F(MessageListTest, APageLooksAtSoManySendsThatAreKept) {
  CreateChannel("ch_2", "17841400000000002", "200");
  Claim("ch_1", 1);
  Claim("ch_2", static_cast<int>(MessageList::kMaxLookedAt) + 1);
  Claim("ch_1", 2);
  const std::string first = "r1";
  const std::string last = absl::StrCat("r", claims_);
  const std::string before = absl::StrCat("r", claims_ - 1);
  EXPECT_THAT(SendsByPage(v1::LIST_ORDER_NEWEST_FIRST),
              ElementsAre(ElementsAre(last, before), ElementsAre(first)));
  EXPECT_THAT(SendsByPage(v1::LIST_ORDER_OLDEST_FIRST),
              ElementsAre(ElementsAre(first), ElementsAre(before, last)));
  const auto database = sqlite::Database::Open(
      path_.path() + "/gateway.db", sqlite::Database::Mode::kReadWrite);
  ASSERT_THAT(database, IsOk());
  ASSERT_THAT((*database)->Execute("DELETE FROM messages WHERE no < "
                                   "(SELECT max(no) - 1 FROM messages)"),
              IsOk());
  EXPECT_THAT(SendsByPage(v1::LIST_ORDER_NEWEST_FIRST),
              ElementsAre(ElementsAre(last, before)));
  EXPECT_THAT(SendsByPage(v1::LIST_ORDER_OLDEST_FIRST),
              ElementsAre(ElementsAre(before, last)));
}

// A message whose key was destroyed is there, without its content.
TEST_F(MessageListTest, AMessageThatCannotBeReadIsListed) {
  Write("a");
  v1::ListMessagesRequest request;
  request.set_channel_id("ch_1");
  const v1::ListMessagesResponse page = Page(request);
  ASSERT_EQ(page.messages_size(), 1);
  EXPECT_EQ(page.messages(0).id(), IdOf("a"));
  EXPECT_EQ(page.messages(0).direction(), v1::MESSAGE_DIRECTION_INBOUND);
  EXPECT_EQ(page.messages(0).state(), v1::MESSAGE_STATE_RECEIVED);
  EXPECT_TRUE(page.messages(0).has_create_time());
}

}  // namespace
}  // namespace linktor::messaging
