// This file throws the dice, and makes every step that is no send's.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/journal/journal.h"
#include "server/state/applier.h"
#include "tests/model/store_model.h"

namespace linktor {
namespace {

// With a few steps more than so many rows, one trim might not delete all.
constexpr std::int64_t kMuchToTrim = state::kTrimRows - 500;

// Nothing is kept for so long, whatever clock wrote it.
constexpr std::int64_t kLongMs = 40 * state::kDayMs;

// Returns the kind of an item by a number below 100.
state::TestItem RandomKind(int number) {
  if (number < 35) return state::TestItem::kMessage;
  if (number < 70) return state::TestItem::kEcho;
  if (number < 78) return state::TestItem::kPostback;
  if (number < 86) return state::TestItem::kReaction;
  if (number < 92) return state::TestItem::kOther;
  if (number < 96) return state::TestItem::kIgnored;
  return state::TestItem::kIssue;
}

}  // namespace

void StoreModelTest::MoveClock() {
  const int kind = Below(200);
  if (kind == 0) {
    now_ms_ += (1 + Below(40)) * state::kHourMs;
  } else if (kind == 1) {
    now_ms_ -= Below(60) * state::kMinuteMs;
  } else if (kind < 10) {
    now_ms_ += Below(12) * state::kMinuteMs;
  } else {
    now_ms_ += Below(2000);
  }
}

// It is mostly one that lives.
state::TestChannel StoreModelTest::PickChannel() {
  std::vector<const Oracle::Channel*> live;
  for (const Oracle::Channel& one : oracle_.channels) {
    if (!one.deleted) live.push_back(&one);
  }
  if (!live.empty() && Chance(95)) return PickRecent(live, 4)->channel;
  if (oracle_.channels.empty()) return state::kShop;
  return PickRecent(oracle_.channels, 20).channel;
}

std::string StoreModelTest::PickMid(const std::string& user) {
  return absl::StrCat("m", user, "_", oracle_.last_seq / 8 + Below(8));
}

state::ItemSpec StoreModelTest::RandomItem() {
  state::ItemSpec item;
  item.kind = RandomKind(Below(100));
  item.channel = PickChannel();
  item.user = Chance(1) ? Oracle::kPoisonUser : Pick({"501", "502"});
  if (item.kind == state::TestItem::kReaction) {
    item.target = PickMid(item.user);
    if (Chance(50) && !oracle_.messages.empty()) {
      item.target = PickRecent(oracle_.messages, 20).mid;
    }
  } else if (item.kind != state::TestItem::kOther && Chance(95)) {
    item.mid = PickMid(item.user);
  }
  item.text = Pick({"yes", "no", "hello", ""});
  item.attachment = Chance(10);
  item.event_ms = now_ms_ - Below(3000);
  if (Chance(5)) item.event_ms = now_ms_ + (Below(40) - 20) * state::kMinuteMs;
  if (Chance(3)) item.event_ms = 0;
  if (item.kind == state::TestItem::kOther ||
      item.kind == state::TestItem::kReaction) {
    item.event_ms = now_ms_ / 5000 * 5000;
  }
  item.raw = absl::StrCat("{\"n\":", next_raw_++, "}");
  return item;
}

StoreModelTest::Step StoreModelTest::DeliverStep() {
  std::vector<state::ItemSpec> items;
  for (int i = 1 + Below(3); i > 0; --i) items.push_back(RandomItem());
  if (Chance(10)) items.push_back(items.front());
  // A clock may be wrong by more than an age can be.
  const bool wrong = Below(600) == 0;
  const std::int64_t time_ms =
      wrong ? now_ms_ + (Below(100) - 50) * state::kDayMs : now_ms_;
  const state::DeliveryAnswer expected = oracle_.Deliver(time_ms, items);
  std::string what = absl::StrCat("deliver at ", time_ms);
  for (const state::ItemSpec& item : items) {
    absl::StrAppend(&what, " {", static_cast<int>(item.kind), " ",
                    item.channel.id, " ", item.user, " '", item.mid, "' '",
                    item.text, "' at ", item.event_ms, "}");
  }
  return {state::MakeDelivery(rig_.sealer(), time_ms, items),
          [expected](const journal::Ending& ending) {
            const auto actual = AnswerIn<state::DeliveryAnswer>(ending);
            EXPECT_EQ(actual.events, expected.events);
            EXPECT_EQ(actual.duplicates, expected.duplicates);
            EXPECT_EQ(actual.ignored, expected.ignored);
            EXPECT_EQ(actual.issues, expected.issues);
            EXPECT_EQ(actual.quarantined, expected.quarantined);
          },
          what};
}

StoreModelTest::Step StoreModelTest::CreateStep() {
  const state::TestChannel channel{
      next_channel_no_++, Pick({"a", "b", "c", "d", "e", "f"}),
      Pick({"1", "2", "3", "4"}), Pick({"1", "2", "5", "6", ""})};
  std::string request =
      Chance(50) ? "" : absl::StrCat("q", next_channel_no_ / 3);
  const std::string fingerprint = Chance(80) ? "same" : "other";
  // A caller repeats a request.
  if (Chance(20) && !oracle_.channels.empty()) {
    request = PickRecent(oracle_.channels, 6).request_id;
  }
  const Oracle::Changed expected =
      oracle_.Create(channel, request, fingerprint);
  ++changes_[expected.kind];
  return {state::MakeChannel(channel, now_ms_, request, fingerprint),
          [expected, channel](const journal::Ending& ending) {
            const auto actual = AnswerIn<state::ChannelAnswer>(ending);
            EXPECT_EQ(actual.kind, expected.kind);
            EXPECT_EQ(actual.owner, expected.owner);
            if (actual.kind != state::ChannelAnswer::Kind::kApplied) return;
            EXPECT_EQ(actual.row.no, channel.no);
            EXPECT_EQ(actual.row.revision, 1);
          },
          absl::StrCat("create ", channel.id, " ", channel.account, " ",
                       channel.page)};
}

StoreModelTest::Step StoreModelTest::UpdateStep() {
  Oracle::Channel wanted{.channel = PickChannel()};
  wanted.channel.account = Pick({"1", "2", "3", "4"});
  wanted.channel.page = Pick({"1", "2", "5", "6", ""});
  wanted.credentials = Pick({"sealed", "resealed"});
  wanted.ice_breakers = Pick({"", "one", "two"});
  std::int64_t revision = Chance(20) ? 1 : 2;
  for (const auto& other : oracle_.channels) {
    if (other.channel.no == wanted.channel.no && Chance(80)) {
      revision = other.revision;
    }
  }
  journal::Record record = journal::NewRecord(now_ms_);
  journal::UpdateChannel& update = *record.mutable_update_channel();
  update.set_channel_no(wanted.channel.no);
  update.set_expected_revision(revision);
  *update.mutable_body() = state::BodyOf(wanted.channel);
  update.mutable_body()->set_sealed_credentials(wanted.credentials);
  update.mutable_body()->set_sealed_ice_breakers(wanted.ice_breakers);
  const Oracle::Changed expected = oracle_.Update(wanted, revision);
  ++changes_[expected.kind];
  return {std::move(record),
          [expected, revision](const journal::Ending& ending) {
            const auto actual = AnswerIn<state::ChannelAnswer>(ending);
            EXPECT_EQ(actual.kind, expected.kind);
            EXPECT_EQ(actual.owner, expected.owner);
            if (actual.kind != state::ChannelAnswer::Kind::kApplied) return;
            EXPECT_EQ(actual.row.revision, revision + 1);
          },
          absl::StrCat("update ", wanted.channel.id)};
}

StoreModelTest::Step StoreModelTest::DeleteStep() {
  const std::string id = Pick({"a", "b", "c", "d", "e", "f"});
  const Oracle::Changed expected = oracle_.Delete(id, now_ms_);
  ++changes_[expected.kind];
  return {state::MakeDeletion(id, now_ms_),
          [expected](const journal::Ending& ending) {
            EXPECT_EQ(AnswerIn<state::ChannelAnswer>(ending).kind,
                      expected.kind);
          },
          absl::StrCat("delete ", id)};
}

StoreModelTest::Step StoreModelTest::OptOutStep() {
  const state::OptOutSpec spec{.channel = PickChannel(),
                               .user = Pick({"501", "502", "503"}),
                               .opted_out = Chance(30),
                               .now_ms = now_ms_};
  const bool live = oracle_.OptOut(spec);
  return {state::MakeOptOut(spec),
          [live](const journal::Ending& ending) {
            EXPECT_EQ(AnswerIn<state::ConversationAnswer>(ending).live, live);
          },
          absl::StrCat("opt out ", spec.channel.id, " ", spec.user, " ",
                       spec.opted_out)};
}

StoreModelTest::Step StoreModelTest::NameStep() {
  const state::TestChannel channel = PickChannel();
  const std::string user = Pick({"501", "502", "503"});
  const std::string name = Pick({"first", "second", "third"});
  const bool live = oracle_.Name(channel, user, name);
  return {state::MakeUsername(rig_.sealer(), channel, user, name, now_ms_),
          [live](const journal::Ending& ending) {
            EXPECT_EQ(AnswerIn<state::ConversationAnswer>(ending).live, live);
          },
          absl::StrCat("name ", channel.id, " ", user, " ", name)};
}

// It erases a message that came, one of ours, or one that waits.
StoreModelTest::Step StoreModelTest::EraseStep() {
  const std::string user = Pick({"501", "502"});
  state::TestChannel channel = PickChannel();
  std::string mid = PickMid(user);
  const int kind = Below(3);
  if (kind == 0 && !oracle_.messages.empty()) {
    const Oracle::Message& message = PickRecent(oracle_.messages, 20);
    channel = message.channel;
    if (!message.mid.empty()) mid = message.mid;
  } else if (kind == 1 && !oracle_.held.empty()) {
    const state::ItemSpec& item = PickRecent(oracle_.held, 5).item;
    channel = item.channel;
    mid = item.mid;
  }
  oracle_.Erase(channel.no, mid);
  journal::Record record = journal::NewRecord(now_ms_);
  record.mutable_erase()->set_mid_key(state::MidKeyOf(channel, mid));
  return {std::move(record),
          [](const journal::Ending& ending) {
            (void)AnswerIn<state::Done>(ending);
          },
          absl::StrCat("erase ", channel.id, " ", mid)};
}

StoreModelTest::Step StoreModelTest::ErasedStep() {
  const std::int64_t through = oracle_.last_erasure - Below(3);
  oracle_.Erased(through);
  journal::Record record = journal::NewRecord(now_ms_);
  record.mutable_erased()->set_through_no(through);
  return {std::move(record),
          [](const journal::Ending& ending) {
            (void)AnswerIn<state::Done>(ending);
          },
          absl::StrCat("erased through ", through)};
}

StoreModelTest::Step StoreModelTest::TrimStep(bool all) {
  if (all) now_ms_ += kLongMs;
  ++(all ? long_trims_ : trims_);
  const auto age = [this, all] {
    return all ? 0 : Below(20) * state::kHourMs / 4;
  };
  state::TrimSpec trim{.now_ms = now_ms_,
                       .measured_from_ms = oracle_.expiry_ms,
                       .event_age_ms = age(),
                       .raw_age_ms = age(),
                       .raw_max_bytes = Chance(20) ? 0 : Below(40'000)};
  // The clock and what was measured agree, or the clock has been set: ahead a
  // little or a lot, or back.
  std::int64_t behind_ms =
      now_ms_ + oracle_.clock_offset_ms - oracle_.expiry_ms;
  if (std::abs(behind_ms) > 2 * kLongMs)
    behind_ms = all ? kLongMs : state::kHourMs;
  behind_ms = std::max<std::int64_t>(behind_ms, 0);
  const int kind = all ? 0 : Below(20);
  trim.elapsed_ms = behind_ms;
  if (kind >= 12) trim.elapsed_ms = behind_ms / 2 + Below(2) * state::kHourMs;
  if (kind >= 15) trim.elapsed_ms = behind_ms / 4;
  if (kind >= 17) trim.elapsed_ms = 0;
  if (kind == 19) {
    trim.elapsed_ms = Below(2 * state::kHourMs);
    trim.now_ms += (Below(21) - 10) * 365 * state::kDayMs;
  }
  // Another instance's has come between.
  if (!all && Chance(10)) trim.measured_from_ms -= 1 + Below(state::kMinuteMs);
  const std::int64_t gone = oracle_.Trim(trim);
  return {state::MakeTrim(trim),
          [gone](const journal::Ending& ending) {
            const auto actual = AnswerIn<state::TrimAnswer>(ending);
            EXPECT_EQ(actual.deleted, gone);
            EXPECT_FALSE(actual.more);
          },
          absl::StrCat("trim at ", trim.now_ms, " after ", trim.elapsed_ms,
                       " from ", trim.measured_from_ms, ", events ",
                       trim.event_age_ms, " raw ", trim.raw_age_ms, " ",
                       trim.raw_max_bytes)};
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
  if (kind < 65) return EraseStep();
  if (kind < 68) return ErasedStep();
  if (kind < 450) return DeliverStep();
  if (kind < 700) return ClaimStep();
  return SettleStep();
}

void StoreModelTest::RunSteps(int count) {
  std::vector<state::SealedRecord> records;
  std::vector<Step> steps;
  for (int i = 0; i < count; ++i) {
    Step step = RandomStep();
    history_.push_back(absl::StrCat(step.what, count > 1 ? " (batch)" : ""));
    records.push_back(std::move(step.record));
    steps.push_back(std::move(step));
  }
  const std::vector<journal::Ending> endings =
      rig_.AppendTogether(std::move(records));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    SCOPED_TRACE(steps[i].what);
    steps[i].check(endings[i]);
  }
}

}  // namespace linktor
