#include "server/events/event_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::events {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class EventListTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(state::kShop);
    Restart();
  }

  void Restart() {
    list_.reset();
    log_.reset();
    rig_.Reopen();
    log_ = std::make_unique<EventLog>(rig_.data());
    rig_.data().feed().Add([this](auto records) { log_->OnCommit(records); });
    list_ = std::make_unique<EventList>(rig_.data(), *log_);
  }

  // Adds `count` events, a millisecond apart, of which every third is of
  // another customer.
  void Receive(int count) {
    for (int i = 0; i < count; ++i, ++received_) {
      rig_.Deliver({{.user = received_ % 3 == 2 ? kOther : kUser,
                     .mid = std::to_string(received_)}},
                   state::kNowMs + received_);
    }
  }

  v1::ListEventsResponse Page(const v1::ListEventsRequest& request) {
    auto page = list_->List(request, {});
    EXPECT_THAT(page, IsOk());
    return page.value_or(v1::ListEventsResponse());
  }

  std::int64_t SeqOf(const std::string& cursor) {
    return CursorCodec(rig_.data().identity())
        .Decode(cursor, log_->last_seq())
        .value_or(-1);
  }

  // Returns the sequences of all pages.
  std::vector<std::int64_t> All(v1::ListEventsRequest request) {
    std::vector<std::int64_t> seqs;
    for (int pages = 0; pages < 100; ++pages) {
      const v1::ListEventsResponse page = Page(request);
      for (const v1::Event& event : page.events()) {
        seqs.push_back(SeqOf(event.cursor()));
      }
      if (page.next_page_token().empty()) return seqs;
      request.set_page_token(page.next_page_token());
    }
    ADD_FAILURE() << "the list has no end";
    return seqs;
  }

  static v1::ListEventsRequest Ask(v1::ListOrder order, int page_size) {
    v1::ListEventsRequest request;
    request.set_order(order);
    request.set_page_size(page_size);
    return request;
  }

  static constexpr char kUser[] = "6100000000000001";
  static constexpr char kOther[] = "6100000000000002";

  state::StoreRig rig_;
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<EventList> list_;
  int received_ = 0;
};

TEST_F(EventListTest, PagesHaveEveryEventOnce) {
  Receive(5);
  EXPECT_THAT(All(Ask(v1::LIST_ORDER_UNSPECIFIED, 2)),
              ElementsAre(5, 4, 3, 2, 1));
  EXPECT_THAT(All(Ask(v1::LIST_ORDER_OLDEST_FIRST, 2)),
              ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(All(Ask(v1::LIST_ORDER_NEWEST_FIRST, 0)),
              ElementsAre(5, 4, 3, 2, 1));
}

TEST_F(EventListTest, AnEmptyLogIsAnEmptyPage) {
  const v1::ListEventsResponse page = Page({});
  EXPECT_THAT(page.events(), IsEmpty());
  EXPECT_EQ(page.next_page_token(), "");
  EXPECT_EQ(SeqOf(page.cursor()), 0);
}

// A caller lists, and then subscribes after the cursor: what came meanwhile is
// on the stream alone.
TEST_F(EventListTest, LaterPagesHaveNothingNewer) {
  Receive(3);
  for (const auto order :
       {v1::LIST_ORDER_NEWEST_FIRST, v1::LIST_ORDER_OLDEST_FIRST}) {
    const std::int64_t end = log_->last_seq();
    v1::ListEventsRequest request = Ask(order, 2);
    v1::ListEventsResponse page = Page(request);
    EXPECT_EQ(SeqOf(page.cursor()), end);
    Receive(2);
    std::int64_t events = page.events_size();
    while (!page.next_page_token().empty()) {
      request.set_page_token(page.next_page_token());
      page = Page(request);
      EXPECT_EQ(SeqOf(page.cursor()), end);
      events += page.events_size();
    }
    EXPECT_EQ(events, end);
  }
}

TEST_F(EventListTest, TheFilterHidesOthers) {
  Receive(6);
  v1::ListEventsRequest request = Ask(v1::LIST_ORDER_NEWEST_FIRST, 1);
  request.add_user_ids(kOther);
  EXPECT_THAT(All(request), ElementsAre(6, 3));
  request.set_order(v1::LIST_ORDER_OLDEST_FIRST);
  EXPECT_THAT(All(request), ElementsAre(3, 6));
}

// A customer's events name each other, so a page need not look at all others.
TEST_F(EventListTest, OneCustomersListLooksAtNoOthers) {
  Receive(3);
  for (int post = 0; post < 21; ++post) {
    std::vector<state::ItemSpec> items;
    items.reserve(1000);
    for (int i = 0; i < 1000; ++i) {
      items.push_back({.user = std::to_string(700 + i),
                       .mid = std::to_string(post * 1000 + i) + "x"});
    }
    rig_.Deliver(items, state::kNowMs + 10);
  }
  v1::ListEventsRequest request;
  request.add_user_ids(kUser);
  v1::ListEventsResponse page = Page(request);
  EXPECT_EQ(page.events_size(), 0);
  EXPECT_NE(page.next_page_token(), "") << "events are left to look at";
  request.add_channel_ids(state::kShop.id);
  page = Page(request);
  EXPECT_EQ(page.events_size(), 2);
  EXPECT_EQ(page.next_page_token(), "");
}

TEST_F(EventListTest, OneCustomersListIsWhatTheFilterGives) {
  Receive(20);
  const std::int64_t end = log_->last_seq();
  v1::ListEventsRequest filtered = Ask(v1::LIST_ORDER_NEWEST_FIRST, 3);
  filtered.add_user_ids(kUser);
  v1::ListEventsRequest chained = filtered;
  chained.add_channel_ids(state::kShop.id);
  const auto expected = All(filtered);
  EXPECT_EQ(expected.size(), 14U);
  EXPECT_EQ(All(chained), expected);
  // The next list comes from the memory alone. After many other events the
  // list comes from the table.
  Restart();
  EXPECT_EQ(All(chained), expected);
  chained.set_page_token(Page(chained).next_page_token());
  Receive(20);
  EXPECT_EQ(SeqOf(Page(chained).cursor()), end);
  EXPECT_EQ(SeqOf(Page(chained).events(0).cursor()), expected[3]);
}

TEST_F(EventListTest, AConversationEndsWhereItsEventsWereDeleted) {
  Receive(6);
  constexpr std::int64_t kExpiryMs = state::kNowMs + state::kDayMs;
  rig_.TrimAt(kExpiryMs, {.event_age_ms = kExpiryMs - (state::kNowMs + 3)});
  v1::ListEventsRequest request = Ask(v1::LIST_ORDER_NEWEST_FIRST, 1);
  request.add_user_ids(kUser);
  request.add_channel_ids(state::kShop.id);
  EXPECT_THAT(All(request), ElementsAre(5, 4));
}

TEST_F(EventListTest, AKeyOfOtherChannelsSeesNothing) {
  Receive(2);
  const auto page = list_->List({}, {"ch_other"});
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->events(), IsEmpty());
}

TEST_F(EventListTest, TimesAreBounds) {
  Receive(5);
  v1::ListEventsRequest request = Ask(v1::LIST_ORDER_OLDEST_FIRST, 1);
  const auto set = [](google::protobuf::Timestamp& time, std::int64_t ms) {
    time.set_seconds(ms / 1000);
    time.set_nanos(static_cast<int>(ms % 1000) * 1'000'000);
  };
  set(*request.mutable_since(), state::kNowMs + 1);
  EXPECT_THAT(All(request), ElementsAre(2, 3, 4, 5));
  set(*request.mutable_until(), state::kNowMs + 3);
  EXPECT_THAT(All(request), ElementsAre(2, 3));
  request.set_order(v1::LIST_ORDER_NEWEST_FIRST);
  EXPECT_THAT(All(request), ElementsAre(3, 2));
  set(*request.mutable_until(), state::kNowMs + 1);
  EXPECT_THAT(All(request), IsEmpty());
}

TEST_F(EventListTest, APageEndsBeforeAMebibyte) {
  std::vector<state::ItemSpec> items;
  items.reserve(8);
  for (int i = 0; i < 8; ++i) {
    items.push_back({.mid = "large" + std::to_string(i),
                     .raw = '"' + std::string(200 * 1024, 'x') + '"'});
  }
  rig_.Deliver(items);
  v1::ListEventsRequest request;
  request.set_include_raw(true);
  int events = 0;
  int pages = 0;
  do {
    const v1::ListEventsResponse page = Page(request);
    EXPECT_LE(page.ByteSizeLong(), 1024U * 1024);
    events += page.events_size();
    ++pages;
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(events, 8);
  EXPECT_GT(pages, 2);
}

// With the newest first the list just ends where events were deleted.
TEST_F(EventListTest, DeletedEventsEndAListThatWouldHaveThem) {
  Receive(4);
  v1::ListEventsRequest oldest = Ask(v1::LIST_ORDER_OLDEST_FIRST, 1);
  oldest.set_page_token(Page(oldest).next_page_token());
  v1::ListEventsRequest newest = Ask(v1::LIST_ORDER_NEWEST_FIRST, 1);
  newest.set_page_token(Page(newest).next_page_token());
  constexpr std::int64_t kExpiryMs = state::kNowMs + state::kDayMs;
  rig_.TrimAt(kExpiryMs, {.event_age_ms = kExpiryMs - (state::kNowMs + 2)});
  EXPECT_EQ(state::ReasonOf(list_->List(oldest, {}).status()),
            "CURSOR_EXPIRED");
  oldest.mutable_since()->set_seconds(1);
  EXPECT_EQ(state::ReasonOf(list_->List(oldest, {}).status()),
            "CURSOR_EXPIRED");
  EXPECT_THAT(All(newest), ElementsAre(3));
}

TEST_F(EventListTest, ATokenIsOfItsListAndOrder) {
  Receive(3);
  v1::ListEventsRequest request = Ask(v1::LIST_ORDER_NEWEST_FIRST, 1);
  const std::string token = Page(request).next_page_token();
  const auto refuses = [&](const std::string& text) {
    request.set_page_token(text);
    const auto page = list_->List(request, {});
    EXPECT_EQ(state::ReasonOf(page.status()), "INVALID_REQUEST") << text;
    EXPECT_THAT(page.status().message(), HasSubstr("page_token")) << text;
  };
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    refuses(changed);
    if (i > 0) refuses(token.substr(0, i));
  }
  refuses(token + "x");
  refuses(".");
  request.set_order(v1::LIST_ORDER_OLDEST_FIRST);
  refuses(token);
}

}  // namespace
}  // namespace linktor::events
