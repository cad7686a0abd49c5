#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/model/store_model.h"

namespace linktor {
namespace {

// So many rows that a few steps more might be more than one trim deletes.
constexpr std::int64_t kMuchToTrim = kTrimRows - 500;

// Returns the kind of an item by a number below 100.
TestItem RandomKind(int number) {
  if (number < 35) return TestItem::kMessage;
  if (number < 70) return TestItem::kEcho;
  if (number < 78) return TestItem::kPostback;
  if (number < 86) return TestItem::kReaction;
  if (number < 92) return TestItem::kOther;
  if (number < 96) return TestItem::kIgnored;
  return TestItem::kIssue;
}

}  // namespace

void StoreModelTest::MoveClock() {
  const int kind = Below(200);
  if (kind == 0) {
    now_ms_ += (1 + Below(40)) * kHourMs;
  } else if (kind == 1) {
    now_ms_ -= Below(60) * kMinuteMs;
  } else if (kind < 10) {
    now_ms_ += Below(12) * kMinuteMs;
  } else {
    now_ms_ += Below(2000);
  }
}

// Mostly one that lives.
TestChannel StoreModelTest::PickChannel() {
  for (int i = 0; i < 5 && !oracle_.channels.empty(); ++i) {
    const auto& channel = oracle_.channels[static_cast<std::size_t>(
        Below(static_cast<int>(oracle_.channels.size())))];
    if (!channel.deleted || i == 4) return channel.channel;
  }
  return kShop;
}

ItemSpec StoreModelTest::RandomItem() {
  ItemSpec item;
  item.kind = RandomKind(Below(100));
  item.channel = PickChannel();
  item.user = Chance(1) ? Oracle::kPoisonUser : Pick({"501", "502"});
  // A window of mids that moves on, so that there are new and old ones.
  const auto pick_mid = [this] {
    return absl::StrCat("m", oracle_.last_seq / 4 + Below(12));
  };
  if (item.kind == TestItem::kReaction) {
    item.target = pick_mid();
    if (Chance(50) && !oracle_.messages.empty()) {
      item.target = PickRecent(oracle_.messages, 20).mid;
    }
  } else if (item.kind != TestItem::kOther && Chance(95)) {
    item.mid = pick_mid();
  }
  item.text = Pick({"yes", "no", "hello", ""});
  item.attachment = Chance(10);
  item.event_ms = now_ms_ - Below(3000);
  if (Chance(5)) item.event_ms = now_ms_ + (Below(40) - 20) * kMinuteMs;
  if (Chance(3)) item.event_ms = 0;
  if (item.kind == TestItem::kOther || item.kind == TestItem::kReaction) {
    item.event_ms = now_ms_ / 5000 * 5000;
  }
  item.raw = absl::StrCat("{\"n\":", next_raw_++, "}");
  return item;
}

StoreModelTest::Step StoreModelTest::DeliverStep() {
  std::vector<ItemSpec> items;
  for (int i = 1 + Below(3); i > 0; --i) items.push_back(RandomItem());
  if (Chance(10)) items.push_back(items.front());
  Record record = MakeDelivery(rig_.sealer(), now_ms_, items);
  const WebhookOutcome expected = oracle_.Deliver(now_ms_, items);
  std::string what = "deliver";
  for (const ItemSpec& item : items) {
    absl::StrAppend(&what, " {", static_cast<int>(item.kind), " ",
                    item.channel.id, " ", item.user, " '", item.mid, "' '",
                    item.text, "' at ", item.event_ms, "}");
  }
  return {std::move(record),
          [expected](const absl::StatusOr<Outcome>& outcome) {
            ASSERT_TRUE(outcome.ok()) << outcome.status();
            const auto& actual = std::get<WebhookOutcome>(*outcome);
            EXPECT_EQ(actual.events, expected.events);
            EXPECT_EQ(actual.duplicates, expected.duplicates);
            EXPECT_EQ(actual.ignored, expected.ignored);
            EXPECT_EQ(actual.issues, expected.issues);
            EXPECT_EQ(actual.quarantined, expected.quarantined);
          },
          what};
}

StoreModelTest::Step StoreModelTest::ClaimStep() {
  ClaimSpec spec{.channel = PickChannel(),
                 .user = Chance(1) ? Oracle::kPoisonUser : Pick({"501", "502"}),
                 .text = Pick({"yes", "no", "hello"}),
                 .request_id = absl::StrCat("r", Below(8)),
                 .now_ms = now_ms_,
                 .attachment = Chance(10),
                 .human_agent = Chance(15),
                 .refuse_without_history = Chance(30),
                 .quota = Chance(50) ? Below(60) : 0};
  // The request before, repeated.
  if (Chance(40) && !oracle_.messages.empty()) {
    const auto& other = PickRecent(oracle_.messages, 6);
    spec.channel = other.channel;
    spec.user = other.user;
    spec.text = other.text;
    spec.attachment = other.attachment;
    spec.human_agent = other.human_agent;
    spec.request_id = other.request_id;
  } else if (Chance(60)) {
    spec.request_id = absl::StrCat("new", next_raw_++);
  }
  // The edges of the window.
  const auto last = oracle_.activity.find({spec.channel.no, spec.user});
  if (Chance(5) && last != oracle_.activity.end()) {
    spec.now_ms = last->second + (spec.human_agent ? 7 : 1) * kDayMs - Below(2);
  }
  // Those of the hour.
  if (Chance(5) && !oracle_.calls.empty()) {
    const Oracle::Call& call = PickRecent(oracle_.calls, 200);
    spec.user = call.user;
    spec.now_ms = call.ms + kHourMs - Below(2);
    spec.quota = oracle_.CallsOfTheHour(spec) + Below(2);
  }
  ClaimRecord record = MakeClaim(rig_.sealer(), spec);
  const Oracle::Claimed expected = oracle_.Claim(spec, record.message_id);
  if (!expected.reason.empty()) ++refusals_[expected.reason];
  return {
      std::move(record),
      [expected](const absl::StatusOr<Outcome>& outcome) {
        if (expected.poison) {
          EXPECT_EQ(outcome.status().code(), absl::StatusCode::kInternal);
          return;
        }
        ASSERT_TRUE(outcome.ok()) << outcome.status();
        const auto& actual = std::get<ClaimOutcome>(*outcome);
        EXPECT_EQ(actual.kind, expected.kind);
        EXPECT_EQ(ReasonOf(actual.refusal), expected.reason);
        if (expected.kind == ClaimOutcome::Kind::kRefused) return;
        EXPECT_EQ(actual.message.id, expected.message.id);
        EXPECT_EQ(actual.message.state, expected.message.state);
        EXPECT_EQ(actual.message.attempt, expected.message.attempt);
        EXPECT_EQ(actual.message.mid, expected.message.mid);
      },
      absl::StrCat("claim ", spec.channel.id, " ", spec.user, " '", spec.text,
                   "' ", spec.request_id, " at ", spec.now_ms, " quota ",
                   spec.quota, spec.human_agent ? " by a person" : "")};
}

StoreModelTest::Step StoreModelTest::SettleStep() {
  // One that is open, or any.
  std::vector<const Oracle::Message*> candidates;
  for (const auto& message : oracle_.messages) {
    if (message.state == v1::MESSAGE_STATE_PENDING ||
        message.state == v1::MESSAGE_STATE_UNCONFIRMED) {
      candidates.push_back(&message);
    }
  }
  if (oracle_.messages.empty()) return ClaimStep();
  const Oracle::Message message =
      candidates.empty() || Chance(3)
          ? oracle_.messages[static_cast<std::size_t>(
                Below(static_cast<int>(oracle_.messages.size())))]
          : *candidates[candidates.size() - 1 -
                        static_cast<std::size_t>(Below(std::min<int>(
                            10, static_cast<int>(candidates.size()))))];
  const bool resolve = message.state == v1::MESSAGE_STATE_UNCONFIRMED;
  OutcomeSpec spec{
      .now_ms = now_ms_,
      .expected_state =
          resolve ? v1::MESSAGE_STATE_UNCONFIRMED : v1::MESSAGE_STATE_PENDING,
      .expected_attempt = message.attempt,
      .settled_by = resolve ? v1::SETTLED_BY_CALLER : v1::SETTLED_BY_ANSWER};
  if (resolve && Chance(80)) return ClaimStep();
  if (Chance(3)) spec.expected_attempt += 1;
  const int kind = Below(10);
  spec.state = v1::MESSAGE_STATE_FAILED;
  if (kind < 8) spec.state = v1::MESSAGE_STATE_UNCONFIRMED;
  if (kind < 4) spec.state = v1::MESSAGE_STATE_SENT;
  if (resolve && spec.state == v1::MESSAGE_STATE_UNCONFIRMED) {
    spec.state = v1::MESSAGE_STATE_FAILED;
  }
  if (spec.state == v1::MESSAGE_STATE_SENT && !resolve) {
    spec.mid = absl::StrCat("m", oracle_.last_seq / 4 + Below(12));
    // Instagram gives each message a mid of its own.
    if (oracle_.IsMidOfASend(message.channel.no, spec.mid)) {
      spec.mid = absl::StrCat("own", next_raw_++);
    }
  }
  const MessageRow row{.id = message.id,
                       .channel_no = message.channel.no,
                       .channel_id = message.channel.id,
                       .user_id = message.user,
                       .attempt = message.attempt};
  Record record = MakeOutcome(rig_.sealer(), row, spec);
  const bool applied = oracle_.Settle(message.id, spec);
  const Oracle::Message after = *oracle_.Find(message.id);
  // Another's text may have settled too; the row answered is this one's.
  const v1::MessageState told = after.state;
  return {std::move(record),
          [applied, told, spec](const absl::StatusOr<Outcome>& outcome) {
            ASSERT_TRUE(outcome.ok()) << outcome.status();
            const auto& actual = std::get<MessageOutcome>(*outcome);
            EXPECT_EQ(actual.applied, applied);
            EXPECT_EQ(actual.message.state, told);
          },
          absl::StrCat("settle ", message.user, " '", message.text, "' as ",
                       spec.state, " mid '", spec.mid, "' at ", now_ms_)};
}

StoreModelTest::Step StoreModelTest::CreateStep() {
  const TestChannel channel{
      next_channel_no_++, Pick({"a", "b", "c", "d", "e", "f"}),
      Pick({"1", "2", "3", "4"}), Pick({"1", "2", "5", "6", ""})};
  const std::string request =
      Chance(50) ? "" : absl::StrCat("q", next_channel_no_ / 3);
  const std::string fingerprint = channel.id;
  const std::string reason =
      oracle_.Create(channel, now_ms_, request, fingerprint);
  return {MakeChannel(channel, now_ms_, request, fingerprint),
          [reason](const absl::StatusOr<Outcome>& outcome) {
            ASSERT_TRUE(outcome.ok()) << outcome.status();
            EXPECT_EQ(ReasonOf(std::get<ChannelOutcome>(*outcome).refusal),
                      reason);
          },
          absl::StrCat("create ", channel.id, " ", channel.account, " ",
                       channel.page)};
}

StoreModelTest::Step StoreModelTest::UpdateStep() {
  TestChannel channel = PickChannel();
  channel.account = Pick({"1", "2", "3", "4"});
  channel.page = Pick({"1", "2", "5", "6", ""});
  std::int64_t revision = Chance(20) ? 1 : 2;
  for (const auto& other : oracle_.channels) {
    if (other.channel.no == channel.no && Chance(80)) revision = other.revision;
  }
  UpdateChannelRecord record;
  record.time_ms = now_ms_;
  record.channel_no = channel.no;
  record.expected_revision = revision;
  record.channel = MakeChannel(channel).channel;
  if (Chance(50)) record.sealed_credentials = Pick({"sealed", "resealed"});
  if (Chance(50)) record.ice_breakers = Pick({"", "one", "two"});
  const std::string reason =
      oracle_.Update(channel, revision, now_ms_,
                     {record.sealed_credentials, record.ice_breakers});
  return {std::move(record),
          [reason](const absl::StatusOr<Outcome>& outcome) {
            ASSERT_TRUE(outcome.ok()) << outcome.status();
            const auto& refusal = std::get<ChannelOutcome>(*outcome).refusal;
            if (reason == "changed") {
              EXPECT_EQ(refusal.code(), absl::StatusCode::kAborted);
            } else {
              EXPECT_EQ(ReasonOf(refusal), reason);
              EXPECT_EQ(refusal.ok(), reason.empty());
            }
          },
          absl::StrCat("update ", channel.id)};
}

StoreModelTest::Step StoreModelTest::DeleteStep() {
  const std::string id = Pick({"a", "b", "c", "d", "e", "f"});
  const std::string reason = oracle_.Delete(id, now_ms_);
  return {DeleteChannelRecord{.time_ms = now_ms_, .channel_id = id},
          [reason](const absl::StatusOr<Outcome>& outcome) {
            ASSERT_TRUE(outcome.ok()) << outcome.status();
            EXPECT_EQ(ReasonOf(std::get<ChannelOutcome>(*outcome).refusal),
                      reason);
          },
          absl::StrCat("delete ", id)};
}

StoreModelTest::Step StoreModelTest::OptOutStep() {
  const OptOutSpec spec{.channel = PickChannel(),
                        .user = Pick({"501", "502", "503"}),
                        .opted_out = Chance(30),
                        .now_ms = now_ms_};
  const bool live = oracle_.OptOut(spec);
  return {MakeOptOut(spec),
          [live](const absl::StatusOr<Outcome>& outcome) {
            ASSERT_TRUE(outcome.ok()) << outcome.status();
            EXPECT_EQ(std::get<ConversationOutcome>(*outcome).live, live);
          },
          absl::StrCat("opt out ", spec.channel.id, " ", spec.user, " ",
                       spec.opted_out)};
}

StoreModelTest::Step StoreModelTest::NameStep() {
  const TestChannel channel = PickChannel();
  const std::string user = Pick({"501", "502", "503"});
  const std::string name = Pick({"ada", "bob", "eve"});
  const bool live = oracle_.Name(channel, user, name, now_ms_);
  return {MakeUsername(rig_.sealer(), channel, user, name, now_ms_),
          [live](const absl::StatusOr<Outcome>& outcome) {
            ASSERT_TRUE(outcome.ok()) << outcome.status();
            EXPECT_EQ(std::get<ConversationOutcome>(*outcome).live, live);
          },
          absl::StrCat("name ", channel.id, " ", user, " ", name)};
}

StoreModelTest::Step StoreModelTest::TrimStep(bool all) {
  const auto cut = [this, all] {
    return all ? now_ms_ + 100 * kHourMs : now_ms_ - Below(20) * kHourMs / 4;
  };
  const TrimRecord trim{.time_ms = now_ms_,
                        .events_before_ms = cut(),
                        .raw_before_ms = cut(),
                        .dedupe_before_ms = cut(),
                        .requests_before_ms = cut(),
                        .echoes_before_ms = cut(),
                        .calls_before_ms = cut(),
                        .raw_max_bytes = Chance(20) ? 0 : Below(40'000)};
  const std::int64_t gone = oracle_.Trim(trim);
  return {trim,
          [gone](const absl::StatusOr<Outcome>& outcome) {
            ASSERT_TRUE(outcome.ok()) << outcome.status();
            EXPECT_EQ(std::get<TrimOutcome>(*outcome).deleted, gone);
            EXPECT_FALSE(std::get<TrimOutcome>(*outcome).more);
          },
          "trim"};
}

StoreModelTest::Step StoreModelTest::RandomStep() {
  MoveClock();
  // A later trim could have more to delete than one step deletes.
  if (oracle_.MostToTrim() > kMuchToTrim) return TrimStep(/*all=*/true);
  const int kind = Below(1000);
  if (kind < 8 || oracle_.channels.empty()) return CreateStep();
  if (kind < 12) return UpdateStep();
  if (kind < 14) return DeleteStep();
  if (kind < 20) return TrimStep(/*all=*/false);
  if (kind < 40) return OptOutStep();
  if (kind < 55) return NameStep();
  if (kind < 450) return DeliverStep();
  if (kind < 700) return ClaimStep();
  return SettleStep();
}

void StoreModelTest::RunSteps(int count) {
  std::vector<Record> records;
  std::vector<Step> steps;
  for (int i = 0; i < count; ++i) {
    Step step = RandomStep();
    history_.push_back(absl::StrCat(step.what, count > 1 ? " (batch)" : ""));
    records.push_back(std::move(step.record));
    steps.push_back(std::move(step));
  }
  const auto outcomes = rig_.AppendTogether(std::move(records));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    SCOPED_TRACE(steps[i].what);
    steps[i].check(outcomes[i]);
  }
}

}  // namespace linktor
