#include "server/events/event_log.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

class EventLogTest : public testing::Test {
 protected:
  // The log has three events, a millisecond apart.
  void SetUp() override {
    rig_.Create(kShop, kNowMs - kDayMs);
    for (int i = 0; i < 3; ++i) {
      rig_.Deliver({{.mid = std::to_string(i)}}, kNowMs + i);
    }
    log_ = std::make_unique<EventLog>(rig_.store(), 3);
  }

  void TrimBefore(std::int64_t log_ms) {
    TrimRecord trim = MakeTrim(kNowMs + kDayMs);
    trim.events_before_ms = log_ms;
    ASSERT_EQ(rig_.Trim(trim).deleted, 1);
  }

  std::int64_t StartSince(std::int64_t ms, int nanos = 0) {
    v1::SubscribeEventsRequest request;
    request.mutable_since()->set_seconds(ms / 1000);
    request.mutable_since()->set_nanos(static_cast<int>(ms % 1000) * 1'000'000 +
                                       nanos);
    const auto start = log_->Start(request);
    EXPECT_TRUE(start.ok()) << start.status();
    return start.value_or(-1);
  }

  StoreRig rig_;
  std::unique_ptr<EventLog> log_;
};

TEST_F(EventLogTest, SinceIsTheEventBeforeTheFirstOneFromThenOn) {
  EXPECT_EQ(StartSince(0), 0);
  EXPECT_EQ(StartSince(kNowMs), 0);
  EXPECT_EQ(StartSince(kNowMs + 1), 1);
  EXPECT_EQ(StartSince(kNowMs + 2), 2);
  EXPECT_EQ(StartSince(kNowMs + 3), 3);
}

TEST_F(EventLogTest, SinceWithinAMillisecondIsAfterItsEvents) {
  EXPECT_EQ(StartSince(kNowMs, 1), 1);
  EXPECT_EQ(StartSince(kNowMs + 1, 999'999), 2);
}

TEST_F(EventLogTest, ABatchStaysBelowAMebibyte) {
  std::vector<ItemSpec> items;
  items.reserve(8);
  for (int i = 0; i < 8; ++i) {
    items.push_back({.mid = "large" + std::to_string(i),
                     .raw = '"' + std::string(200 * 1024, 'x') + '"'});
  }
  rig_.Deliver(items);
  log_ = std::make_unique<EventLog>(rig_.store(), 11);
  int events = 0;
  for (std::int64_t seq = 0; seq < 11;) {
    const auto batch = log_->ReadStored({.after_seq = seq, .include_raw = true},
                                        EventFilter());
    ASSERT_TRUE(batch.ok()) << batch.status();
    ASSERT_GT(batch->through_seq, seq);
    EXPECT_LE(batch->framed.size(), 1024U * 1024);
    events += batch->events;
    seq = batch->through_seq;
  }
  EXPECT_EQ(events, 11);
}

// Old events are deleted at any time, and a reader who asked for all that is
// kept has not asked for those.
TEST_F(EventLogTest, SinceBeforeTheOldestEventSurvivesADeletion) {
  TrimBefore(kNowMs + 1);
  const std::int64_t start = StartSince(0);
  TrimBefore(kNowMs + 2);
  const auto batch = log_->ReadStored({.after_seq = start}, EventFilter());
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->events, 1);
  EXPECT_EQ(batch->through_seq, 3);
}

}  // namespace
}  // namespace linktor
