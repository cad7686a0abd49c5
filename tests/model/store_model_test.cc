// Random sequences of records over few channels, users, mids, texts and
// request ids, so that they collide all the time, against Oracle.
//
//   LINKTOR_MODEL_SEED    one run with this seed instead of a new one
//   LINKTOR_MODEL_STEPS   how many records, instead of kSteps

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <random>

#include "absl/strings/str_cat.h"
#include "tests/model/oracle.h"
#include "tests/support/sanitized.h"
#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

// About 20 s, everything compared every hundred; with a sanitizer, 30 to 60 s.
constexpr int kSteps = kSanitized ? 10'000 : 60'000;
constexpr int kStepsBetweenComparisons = 100;
constexpr int kStepsBetweenRestarts = 700;

constexpr char kPoison[] =
    "CREATE TRIGGER poison_event BEFORE INSERT ON events "
    "WHEN NEW.user_id = '666' BEGIN SELECT RAISE(ABORT, 'poison'); END;"
    "CREATE TRIGGER poison_message BEFORE INSERT ON messages "
    "WHEN NEW.user_id = '666' BEGIN SELECT RAISE(ABORT, 'poison'); END";

std::int64_t FromEnvironment(const char* name, std::int64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoll(value);
}

// The parts of an event that the oracle knows, wherever they are in it.
v1::Message Told(const v1::Event& event) {
  v1::Message told;
  if (event.has_message_received()) return event.message_received();
  if (event.has_message_echoed()) return event.message_echoed();
  if (event.has_message_sent()) return event.message_sent();
  if (event.has_postback()) {
    told.set_mid(event.postback().mid());
    told.set_text(event.postback().payload());
  } else if (event.has_reaction()) {
    told.set_id(event.reaction().message_id());
    told.set_text(event.reaction().emoji());
  } else {
    told.set_text(event.unknown().kind());
  }
  return told;
}

std::int64_t TimeOf(const std::map<Oracle::Customer, std::int64_t>& times,
                    const Oracle::Customer& customer) {
  const auto it = times.find(customer);
  return it == times.end() ? 0 : it->second;
}

class StoreModelTest : public testing::Test {
 protected:
  // A record, and what to do with its outcome.
  struct Step {
    Record record;
    std::function<void(const absl::StatusOr<Outcome>&)> check;
    std::string what;
  };

  void SetUp() override {
    seed_ = static_cast<std::uint64_t>(
        FromEnvironment("LINKTOR_MODEL_SEED", std::random_device()()));
    steps_ = FromEnvironment("LINKTOR_MODEL_STEPS", kSteps);
    std::cout << "LINKTOR_MODEL_SEED=" << seed_
              << " LINKTOR_MODEL_STEPS=" << steps_ << std::endl;
    random_.seed(seed_);
    rig_.Close();
    rig_.ExecuteClosed(kPoison);
    // What is tested here is not durability.
    rig_.Open([](Database& writer) {
      ASSERT_TRUE(writer.Execute("PRAGMA synchronous=OFF").ok());
    });
  }

  int Below(int n) {
    return std::uniform_int_distribution<int>(0, n - 1)(random_);
  }
  bool Chance(int percent) { return Below(100) < percent; }
  std::string Pick(std::initializer_list<const char*> values) {
    return *(values.begin() + Below(static_cast<int>(values.size())));
  }

  // One of the last few.
  template <typename T>
  const T& PickRecent(const std::vector<T>& all, int few) {
    const auto size = static_cast<int>(all.size());
    return all[static_cast<std::size_t>(size - 1 - Below(std::min(few, size)))];
  }

  void MoveClock();
  TestChannel PickChannel();
  ItemSpec RandomItem();
  Step RandomStep();
  Step DeliverStep();
  Step ClaimStep();
  Step SettleStep();
  Step CreateStep();
  Step UpdateStep();
  Step DeleteStep();
  Step OptOutStep();
  Step NameStep();
  Step TrimStep();
  void RunSteps(int count);

  void CompareAll();
  void CompareEvents();
  void CompareMessages();
  void CompareTables();
  void CompareTold();

  std::uint64_t seed_ = 0;
  std::int64_t steps_ = 0;
  std::mt19937_64 random_;
  std::int64_t now_ms_ = kNowMs;
  std::int64_t next_channel_no_ = 1;
  std::int64_t next_raw_ = 1;
  Oracle oracle_;
  // So small that runs of mids are moved all the time.
  StoreRig rig_{
      SqliteJournal::Options{.max_batch_time = absl::Hours(1), .mid_run = 200}};
  // How often each refusal was met with.
  std::map<std::string, int> refusals_;
  // The last steps, for the report of a failure.
  std::vector<std::string> history_;
};

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
  const int kind = Below(100);
  item.kind = kind < 35   ? TestItem::kMessage
              : kind < 70 ? TestItem::kEcho
              : kind < 78 ? TestItem::kPostback
              : kind < 86 ? TestItem::kReaction
              : kind < 92 ? TestItem::kOther
              : kind < 96 ? TestItem::kIgnored
                          : TestItem::kIssue;
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
  spec.state = kind < 4   ? v1::MESSAGE_STATE_SENT
               : kind < 8 ? v1::MESSAGE_STATE_UNCONFIRMED
                          : v1::MESSAGE_STATE_FAILED;
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

StoreModelTest::Step StoreModelTest::TrimStep() {
  const auto cut = [this] { return now_ms_ - Below(20) * kHourMs / 4; };
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
  const int kind = Below(1000);
  if (kind < 8 || oracle_.channels.empty()) return CreateStep();
  if (kind < 12) return UpdateStep();
  if (kind < 14) return DeleteStep();
  if (kind < 20) return TrimStep();
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

void StoreModelTest::CompareEvents() {
  const auto events = rig_.ReadEvents(/*include_raw=*/true);
  ASSERT_EQ(events.size(), oracle_.events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Oracle::Event& expected = oracle_.events[i];
    const v1::Event event = MergeEvent(events[i]);
    const v1::Message message = Told(event);
    SCOPED_TRACE(absl::StrCat("event ", expected.seq, " ", expected.type));
    ASSERT_EQ(events[i].seq, expected.seq);
    ASSERT_EQ(events[i].type, expected.type);
    ASSERT_EQ(events[i].user_id, expected.user);
    ASSERT_EQ(message.mid(), expected.mid);
    ASSERT_EQ(message.text(), expected.text);
    ASSERT_EQ(event.reaction().mid(), expected.target);
    ASSERT_EQ(message.id(), expected.message.empty()
                                ? ""
                                : FormatId(kMessagePrefix, expected.message));
    const bool kept =
        std::any_of(oracle_.raws.begin(), oracle_.raws.end(),
                    [&](const auto& raw) { return raw.no == expected.raw; });
    ASSERT_EQ(event.raw_json(), kept ? expected.raw_json : "");
  }
}

void StoreModelTest::CompareMessages() {
  std::vector<std::string> expected;
  for (const Oracle::Message& m : oracle_.messages) {
    expected.push_back(absl::StrCat(m.user, " ", m.state, " ", m.settled_by,
                                    " ", m.attempt, " ", m.request_id, " ",
                                    m.mid, " ", m.create_ms, " ", m.claim_ms,
                                    " ", m.send_ms, " ", m.echo_ms));
  }
  EXPECT_EQ(
      rig_.Rows("SELECT user_id || ' ' || state || ' ' || settled_by || ' ' || "
                "attempt || ' ' || coalesce(request_id, '') || ' ' || "
                "coalesce(mid, '') || ' ' || create_ms || ' ' || claim_ms || "
                "' ' || send_ms || ' ' || echo_ms FROM messages ORDER BY no"),
      expected);
}

void StoreModelTest::CompareTables() {
  std::vector<std::string> expected;
  for (const Oracle::Customer& customer : oracle_.known) {
    expected.push_back(absl::StrCat(customer.first, " ", customer.second, " ",
                                    TimeOf(oracle_.activity, customer), " ",
                                    TimeOf(oracle_.opted_out, customer)));
    const ConversationRow row =
        rig_.Conversation({.no = customer.first}, customer.second);
    const auto name = oracle_.names.find(customer);
    EXPECT_EQ(rig_.NameIn(row),
              name == oracle_.names.end() ? "" : name->second);
  }
  EXPECT_EQ(rig_.Rows("SELECT channel_no || ' ' || user_id || ' ' || "
                      "coalesce(last_inbound_ms, 0) || ' ' || "
                      "coalesce(opt_out_ms, 0) FROM conversations "
                      "ORDER BY channel_no, user_id"),
            expected);
  expected.clear();
  for (const auto& [channel_no, user, ms] : oracle_.calls) {
    expected.push_back(absl::StrCat(channel_no, " ", user, " ", ms));
  }
  EXPECT_EQ(rig_.Rows("SELECT channel_no || ' ' || user_id || ' ' || call_ms "
                      "FROM send_calls ORDER BY no"),
            expected);
  expected.clear();
  for (const auto& echo : oracle_.loose) expected.push_back(echo.mid);
  EXPECT_EQ(rig_.Rows("SELECT mid FROM unmatched_echoes ORDER BY seq"),
            expected);
  expected.clear();
  for (const auto& [no, ms, outcome] : oracle_.deliveries) {
    expected.push_back(absl::StrCat(
        no, " ", ms, " ", outcome.events, " ", outcome.duplicates, " ",
        outcome.ignored, " ", outcome.issues, " ", outcome.quarantined));
  }
  EXPECT_EQ(rig_.Rows("SELECT no || ' ' || receive_ms || ' ' || events || ' ' "
                      "|| duplicates || ' ' || ignored || ' ' || issues || "
                      "' ' || quarantined FROM deliveries ORDER BY no"),
            expected);
  expected.clear();
  for (const Oracle::Channel& c : oracle_.channels) {
    expected.push_back(absl::StrCat(c.channel.no, " ", c.channel.id, " ",
                                    c.channel.account, " ", c.channel.page, " ",
                                    c.revision, " ", c.deleted, " ",
                                    c.credentials, " ", c.ice_breakers));
  }
  EXPECT_EQ(rig_.Rows("SELECT no || ' ' || id || ' ' || account_id || ' ' || "
                      "page_id || ' ' || revision || ' ' || (delete_ms IS NOT "
                      "NULL) || ' ' || coalesce(sealed_credentials, '') || "
                      "' ' || coalesce(ice_breakers, '') "
                      "FROM channels ORDER BY no"),
            expected);
  std::int64_t bytes = 0;
  for (const auto& raw : oracle_.raws) bytes += raw.bytes;
  const std::int64_t oldest =
      oracle_.events.empty() ? 1 : oracle_.events.front().seq;
  EXPECT_EQ(
      rig_.Rows("SELECT last_seq || ' ' || oldest_seq || ' ' || log_ms "
                "|| ' ' || raw_bytes FROM log_state"),
      std::vector<std::string>{absl::StrCat(oracle_.last_seq, " ", oldest, " ",
                                            oracle_.log_ms, " ", bytes)});
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items"),
            static_cast<std::int64_t>(oracle_.raws.size()));
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM dedupe"),
            static_cast<std::int64_t>(oracle_.seen.size()));
}

// What subscribers were told, as it happened.
void StoreModelTest::CompareTold() {
  std::size_t i = 0;
  for (const auto& batch : rig_.batches()) {
    for (const CommittedEvent& event : batch) {
      ASSERT_LT(i, oracle_.told.size());
      ASSERT_EQ(event.seq, static_cast<std::int64_t>(i) + 1);
      ASSERT_EQ(absl::StrCat(event.type, " ", event.user_id), oracle_.told[i]);
      ++i;
    }
  }
  EXPECT_EQ(i, oracle_.told.size());
}

void StoreModelTest::CompareAll() {
  CompareEvents();
  CompareMessages();
  CompareTables();
}

TEST_F(StoreModelTest, DoesWhatTheOracleSays) {
  std::int64_t compare = kStepsBetweenComparisons;
  std::int64_t restart = kStepsBetweenRestarts;
  for (std::int64_t step = 0; step < steps_ && !HasFailure();) {
    const int count = Chance(20) ? 2 + Below(5) : 1;
    RunSteps(count);
    step += count;
    if (step >= restart) {
      rig_.Reopen();
      restart += kStepsBetweenRestarts;
      compare = step;
    }
    if (step >= compare) {
      CompareAll();
      compare = step + kStepsBetweenComparisons;
    }
  }
  CompareAll();
  CompareTold();
  std::map<v1::MessageState, int> states;
  int by_content = 0;
  for (const auto& message : oracle_.messages) {
    ++states[message.state];
    if (message.settled_by == v1::SETTLED_BY_ECHO_CONTENT) ++by_content;
  }
  std::cout << oracle_.last_seq << " events, " << oracle_.messages.size()
            << " sends, of them " << by_content << " settled by content, "
            << oracle_.channels.size() << " channels\n";
  for (const auto& [reason, count] : refusals_) {
    std::cout << count << " times " << reason << "\n";
  }
  if (HasFailure()) {
    const std::size_t first = history_.size() > 30 ? history_.size() - 30 : 0;
    for (std::size_t i = first; i < history_.size(); ++i) {
      std::cout << "  " << history_[i] << "\n";
    }
    std::cout << "run again with LINKTOR_MODEL_SEED=" << seed_
              << " LINKTOR_MODEL_STEPS=" << steps_ << std::endl;
  }
}

}  // namespace
}  // namespace linktor
