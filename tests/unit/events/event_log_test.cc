#include "server/events/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "server/journal/journal.h"
#include "tests/support/proto_matchers.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::events {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class EventLogTest : public testing::Test {
 protected:
  // The log has three events, a millisecond apart.
  void SetUp() override {
    rig_.Create(state::kShop);
    for (int i = 0; i < 3; ++i) {
      rig_.Deliver({{.mid = std::to_string(i)}}, state::kNowMs + i);
    }
    Restart();
  }

  // The server has just started: nothing is in memory.
  void Restart() {
    log_.reset();
    rig_.Reopen();
    log_ = std::make_unique<EventLog>(rig_.data());
    rig_.data().feed().Add([this](auto records) { log_->OnCommit(records); });
  }

  void TrimBefore(std::int64_t born_ms) {
    constexpr std::int64_t kExpiryMs = state::kNowMs + state::kDayMs;
    ASSERT_EQ(
        rig_.TrimAt(kExpiryMs, {.event_age_ms = kExpiryMs - born_ms}).deleted,
        2)
        << "an event, and its item as received";
  }

  std::int64_t StartSince(std::int64_t ms, int nanos = 0) {
    v1::SubscribeEventsRequest request;
    request.mutable_since()->set_seconds(ms / 1000);
    request.mutable_since()->set_nanos(static_cast<int>(ms % 1000) * 1'000'000 +
                                       nanos);
    const auto start = log_->Start(request);
    EXPECT_THAT(start, IsOk());
    return start.value_or(-1);
  }

  // Returns the events after the three, as subscribers get them from memory. It
  // fails the test when those that are behind get others from the disk.
  std::vector<v1::Event> Live() {
    EventLog::Batch live;
    EXPECT_TRUE(log_->ReadLive({.after_seq = 3}, EventFilter(), live));
    const auto stored = log_->ReadStored({.after_seq = 3}, EventFilter());
    EXPECT_THAT(stored, IsOk());
    v1::SubscribeEventsResponse from_memory;
    v1::SubscribeEventsResponse from_disk;
    EXPECT_TRUE(from_memory.ParseFromString(live.wire));
    EXPECT_TRUE(from_disk.ParseFromString(stored->wire));
    EXPECT_THAT(from_memory, EqualsProto(from_disk));
    return {from_memory.events().begin(), from_memory.events().end()};
  }

  state::StoreRig rig_;
  std::unique_ptr<EventLog> log_;
};

// ---- Where streams start ----------------------------------------------------

TEST_F(EventLogTest, SinceIsTheEventBeforeTheFirstOneFromThenOn) {
  EXPECT_EQ(StartSince(0), 0);
  EXPECT_EQ(StartSince(state::kNowMs), 0);
  EXPECT_EQ(StartSince(state::kNowMs + 1), 1);
  EXPECT_EQ(StartSince(state::kNowMs + 2), 2);
  EXPECT_EQ(StartSince(state::kNowMs + 3), 3);
}

TEST_F(EventLogTest, SinceWithinAMillisecondIsAfterItsEvents) {
  EXPECT_EQ(StartSince(state::kNowMs, 1), 1);
  EXPECT_EQ(StartSince(state::kNowMs + 1, 999'999), 2);
}

// Old events are deleted at any time, and a reader who asked for all that is
// kept has not asked for those.
TEST_F(EventLogTest, SinceBeforeTheOldestEventSurvivesADeletion) {
  TrimBefore(state::kNowMs + 1);
  const std::int64_t start = StartSince(0);
  TrimBefore(state::kNowMs + 2);
  const auto batch = log_->ReadStored({.after_seq = start}, EventFilter());
  ASSERT_THAT(batch, IsOk());
  EXPECT_EQ(batch->events, 1);
  EXPECT_EQ(batch->through_seq, 3);
}

// ---- From the disk ----------------------------------------------------------

TEST_F(EventLogTest, ABatchStaysBelowAMebibyte) {
  std::vector<state::ItemSpec> items;
  items.reserve(8);
  for (int i = 0; i < 8; ++i) {
    items.push_back({.mid = "large" + std::to_string(i),
                     .raw = '"' + std::string(200 * 1024, 'x') + '"'});
  }
  rig_.Deliver(items);
  int events = 0;
  for (std::int64_t seq = 0; seq < 11;) {
    const auto batch = log_->ReadStored({.after_seq = seq, .include_raw = true},
                                        EventFilter());
    ASSERT_THAT(batch, IsOk());
    ASSERT_GT(batch->through_seq, seq);
    EXPECT_LE(batch->wire.size(), 1024U * 1024);
    events += batch->events;
    seq = batch->through_seq;
  }
  EXPECT_EQ(events, 11);
}

// ---- From memory ------------------------------------------------------------

TEST_F(EventLogTest, MemoryBeginsWithTheFirstCommit) {
  EventLog::Batch batch;
  EXPECT_FALSE(log_->ReadLive({.after_seq = 2}, EventFilter(), batch));
  EXPECT_EQ(log_->last_seq(), 3);
  rig_.Deliver({{.mid = "4", .text = "four"}, {.mid = "5", .text = "five"}});
  EXPECT_EQ(log_->last_seq(), 5);
  const std::vector<v1::Event> live = Live();
  ASSERT_EQ(live.size(), 2U);
  EXPECT_EQ(live[0].message_received().text(), "four");
  EXPECT_EQ(live[1].message_received().text(), "five");
}

// Whoever appended the record, subscribers get the whole event.
TEST_F(EventLogTest, AnEventThatIsNotKnownInTheClearIsOpened) {
  state::SealedRecord made = state::MakeDelivery(
      rig_.sealer(), state::kNowMs,
      {{.mid = "4", .text = "four"}, {.mid = "5", .text = "five"}});
  made.clear[0] = nullptr;
  ASSERT_THAT(rig_.Append<state::DeliveryAnswer>(std::move(made)), IsOk());
  const std::vector<v1::Event> live = Live();
  ASSERT_EQ(live.size(), 2U);
  EXPECT_EQ(live[0].message_received().text(), "four");
  EXPECT_EQ(live[1].message_received().text(), "five");
}

TEST_F(EventLogTest, WhatApplyDecidedIsMergedOverAnOpenedEvent) {
  const state::MessageRow sent = rig_.Claim({}).message;
  rig_.Settle(sent, {.mid = "own"});
  state::SealedRecord made = state::MakeDelivery(
      rig_.sealer(), state::kNowMs,
      {{.kind = state::TestItem::kReaction, .text = "heart", .target = "own"}});
  made.clear.clear();
  ASSERT_THAT(rig_.Append<state::DeliveryAnswer>(std::move(made)), IsOk());
  const std::vector<v1::Event> live = Live();
  ASSERT_EQ(live.size(), 2U);
  EXPECT_EQ(live[1].type(), "instagram.reaction");
  EXPECT_EQ(live[1].reaction().emoji(), "heart");
  EXPECT_EQ(live[1].reaction().mid(), "own");
  EXPECT_EQ(live[1].reaction().message_id(), FormatId(kMessagePrefix, sent.id));
}

// One damaged event must hold up nobody.
TEST_F(EventLogTest, AnEventThatCannotBeOpenedComesWithoutItsContent) {
  state::SealedRecord made = state::MakeDelivery(
      rig_.sealer(), state::kNowMs,
      {{.mid = "4", .text = "four"}, {.mid = "5", .text = "five"}});
  made.clear.clear();
  made.record.mutable_webhook()
      ->mutable_items(0)
      ->mutable_event()
      ->mutable_sealed()
      ->back() ^= 1;
  ASSERT_THAT(rig_.Append<state::DeliveryAnswer>(std::move(made)), IsOk());
  const std::vector<v1::Event> live = Live();
  ASSERT_EQ(live.size(), 2U);
  EXPECT_EQ(live[0].type(), "message.received");
  EXPECT_EQ(live[0].user_id(), "501");
  EXPECT_FALSE(live[0].has_message_received());
  EXPECT_EQ(live[1].message_received().text(), "five");
}

// ---- Erasure ----------------------------------------------------------------

state::SealedRecord MakeErasure(const std::string& mid) {
  journal::Record record = journal::NewRecord(state::kNowMs);
  record.mutable_erase()->set_mid_key(state::MidKeyOf(state::kShop, mid));
  return record;
}

TEST_F(EventLogTest, ErasedContentLeavesMemoryAtOnce) {
  rig_.Deliver({{.mid = "4", .text = "four"}, {.mid = "5", .text = "five"}});
  const EventLog::SharedResponsePtr before = log_->ReadShared(3);
  ASSERT_NE(before, nullptr);
  EXPECT_THAT(before->bytes, HasSubstr("four"));
  ASSERT_THAT(rig_.Append<state::Done>(MakeErasure("4")), IsOk());
  const std::vector<v1::Event> live = Live();
  ASSERT_EQ(live.size(), 2U);
  EXPECT_EQ(live[0].type(), "message.received");
  EXPECT_FALSE(live[0].has_message_received());
  EXPECT_EQ(live[1].message_received().text(), "five");
  const EventLog::SharedResponsePtr after = log_->ReadShared(3);
  ASSERT_NE(after, nullptr);
  EXPECT_THAT(after->bytes, Not(HasSubstr("four")));
  EXPECT_THAT(after->bytes, HasSubstr("five"));
}

TEST_F(EventLogTest, EventsMayBeErasedInTheCommitThatBringsThem) {
  std::vector<state::SealedRecord> records;
  records.push_back(state::MakeDelivery(rig_.sealer(), state::kNowMs,
                                        {{.mid = "4", .text = "four"}}));
  records.push_back(MakeErasure("4"));
  rig_.AppendTogether(std::move(records));
  const std::vector<v1::Event> live = Live();
  ASSERT_EQ(live.size(), 1U);
  EXPECT_FALSE(live[0].has_message_received());
}

// A person's events may still be in memory when Apply has cleaned only the
// first of them. The log alone is told of the person here, as if Apply had
// cleaned none.
class ForgettingTest : public EventLogTest {
 protected:
  void SetUp() override {
    EventLogTest::SetUp();
    rig_.Create(state::kCafe);
    rig_.Deliver({{.user = "501", .mid = "a", .text = "first of 501"},
                  {.user = "502", .mid = "b", .text = "of 502"},
                  {.channel = state::kCafe,
                   .user = "501",
                   .mid = "c",
                   .text = "at the cafe"},
                  {.user = "501", .mid = "d", .text = "last of 501"}});
  }

  // The last event has the sequence `last_seq()`, those before it follow.
  std::int64_t last_seq() const { return log_->last_seq(); }

  void Forget(std::vector<state::ForgottenPerson> people) {
    const journal::Record record;
    const state::Effects effects{.forgotten_people = std::move(people)};
    const journal::AppliedRecord applied{.record = record, .effects = effects};
    log_->OnCommit(std::span(&applied, 1));
  }

  // Returns the texts of the four messages in memory, "-" for one without
  // content or person.
  std::vector<std::string> Texts() {
    EventLog::Batch live;
    EXPECT_TRUE(
        log_->ReadLive({.after_seq = last_seq() - 4}, EventFilter(), live));
    v1::SubscribeEventsResponse response;
    EXPECT_TRUE(response.ParseFromString(live.wire));
    std::vector<std::string> texts;
    for (const v1::Event& event : response.events()) {
      const bool whole =
          event.has_message_received() && !event.user_id().empty();
      texts.push_back(whole ? event.message_received().text() : "-");
    }
    return texts;
  }
};

state::ForgottenPerson PersonOf(const state::TestChannel& channel,
                                const std::string& user,
                                std::int64_t through_seq) {
  return {.channel_no = channel.no,
          .user_id = user,
          .channel_id = std::string(channel.id),
          .through_seq = through_seq};
}

TEST_F(ForgettingTest, APersonsEventsLeaveMemory) {
  ASSERT_THAT(Texts(), ElementsAre("first of 501", "of 502", "at the cafe",
                                   "last of 501"));
  Forget({PersonOf(state::kShop, "501", last_seq())});
  EXPECT_THAT(Texts(), ElementsAre("-", "of 502", "at the cafe", "-"));
}

TEST_F(ForgettingTest, LaterEventsAreOfAnotherConversation) {
  Forget({PersonOf(state::kShop, "501", last_seq() - 1)});
  EXPECT_THAT(Texts(),
              ElementsAre("-", "of 502", "at the cafe", "last of 501"));
}

TEST_F(ForgettingTest, AllPeopleOfAChannelAndOthersAtOnce) {
  Forget({PersonOf(state::kShop, "", last_seq() - 1),
          PersonOf(state::kCafe, "501", last_seq())});
  EXPECT_THAT(Texts(), ElementsAre("-", "-", "-", "last of 501"));
}

TEST_F(ForgettingTest, TheLaterOfTwoErasuresCounts) {
  Forget({PersonOf(state::kShop, "501", last_seq()),
          PersonOf(state::kShop, "501", last_seq() - 3)});
  EXPECT_THAT(Texts(), ElementsAre("-", "of 502", "at the cafe", "-"));
}

TEST_F(ForgettingTest, ResponsesThatAreSharedAreMadeAnew) {
  const EventLog::SharedResponsePtr before = log_->ReadShared(last_seq() - 4);
  ASSERT_NE(before, nullptr);
  ASSERT_THAT(before->bytes, HasSubstr("last of 501"));
  Forget({PersonOf(state::kShop, "501", last_seq())});
  const EventLog::SharedResponsePtr after = log_->ReadShared(last_seq() - 4);
  ASSERT_NE(after, nullptr);
  EXPECT_THAT(after->bytes, Not(HasSubstr("of 501")));
}

}  // namespace
}  // namespace linktor::events
