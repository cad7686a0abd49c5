// This file makes the steps of sends.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/model/store_model.h"

namespace linktor {
namespace {

// When there are more sends whose outcome is unknown, one of them is resolved.
constexpr std::size_t kManyUnknown = 30;

}  // namespace

state::ClaimSpec StoreModelTest::RandomClaim() {
  state::ClaimSpec spec{
      .channel = PickChannel(),
      .user = Chance(1) ? Oracle::kPoisonUser : Pick({"501", "502"}),
      .text = Pick({"yes", "no", "hello"}),
      .request_id = absl::StrCat("r", Below(8)),
      .now_ms = now_ms_,
      .attachment = Chance(10),
      .human_agent = Chance(15),
      .refuse_without_history = Chance(30),
      .quota = Chance(50) ? Below(60) : 0};
  // A caller repeats a request.
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
  // The claim comes at an edge of the window.
  const auto last = oracle_.activity.find({spec.channel.no, spec.user});
  if (Chance(5) && last != oracle_.activity.end()) {
    spec.now_ms =
        last->second + (spec.human_agent ? 7 : 1) * state::kDayMs - Below(2);
  }
  // The claim comes when a call is about to leave the hour.
  if (Chance(5) && !oracle_.calls.empty()) {
    const Oracle::Call& call = PickRecent(oracle_.calls, 200);
    spec.user = call.user;
    spec.now_ms = call.ms + state::kHourMs - Below(2);
    spec.quota =
        static_cast<int>(oracle_.CallsOfTheHour(spec).size()) + Below(2);
  }
  return spec;
}

StoreModelTest::Step StoreModelTest::ClaimStep() {
  const state::ClaimSpec spec = RandomClaim();
  state::SealedRecord made = state::MakeClaim(rig_.sealer(), spec);
  const Oracle::Claimed expected =
      oracle_.Claim(spec, made.record.claim().message_id());
  if (!expected.poison) ++claims_[expected.kind];
  return {
      std::move(made),
      [expected](const journal::Ending& ending) {
        if (expected.poison) {
          EXPECT_EQ(ending.kind, journal::Ending::Kind::kRefused);
          EXPECT_EQ(ending.status.code(), absl::StatusCode::kInternal);
          return;
        }
        const auto actual = AnswerIn<state::ClaimAnswer>(ending);
        EXPECT_EQ(actual.kind, expected.kind);
        EXPECT_EQ(actual.time_ms, expected.time_ms);
        if (expected.message.id.empty()) return;
        EXPECT_EQ(actual.message.id, expected.message.id);
        EXPECT_EQ(actual.message.state, expected.message.state);
        EXPECT_EQ(actual.message.attempt, expected.message.attempt);
        EXPECT_EQ(actual.message.mid, expected.message.mid);
      },
      absl::StrCat("claim ", spec.channel.id, " ", spec.user, " '", spec.text,
                   "' ", spec.request_id, " at ", spec.now_ms, " quota ",
                   spec.quota, spec.human_agent ? " by a person" : "")};
}

// Few sends are under way at a time: while one to a person is, that person's
// echoes are held.
const Oracle::Message* StoreModelTest::PickToSettle() {
  if (oracle_.messages.empty()) return nullptr;
  if (Chance(3)) return &PickRecent(oracle_.messages, 1'000'000);
  std::vector<const Oracle::Message*> pending;
  std::vector<const Oracle::Message*> unknown;
  for (const auto& message : oracle_.messages) {
    if (message.state == v1::MESSAGE_STATE_PENDING) pending.push_back(&message);
    if (message.state == v1::MESSAGE_STATE_UNCONFIRMED) {
      unknown.push_back(&message);
    }
  }
  if (unknown.size() > kManyUnknown || (!unknown.empty() && Chance(10))) {
    return unknown[static_cast<std::size_t>(
        Below(static_cast<int>(unknown.size())))];
  }
  const auto few = static_cast<std::size_t>(Below(6));
  if (pending.size() <= few) return nullptr;
  return pending[static_cast<std::size_t>(
      Below(static_cast<int>(pending.size())))];
}

state::OutcomeSpec StoreModelTest::RandomOutcome(
    const Oracle::Message& message) {
  const bool unknown = message.state == v1::MESSAGE_STATE_UNCONFIRMED;
  state::OutcomeSpec spec{
      .now_ms = now_ms_,
      .expected_state =
          unknown ? v1::MESSAGE_STATE_UNCONFIRMED : v1::MESSAGE_STATE_PENDING,
      .expected_attempt = message.attempt + (Chance(3) ? 1 : 0),
      .settled_by = v1::SETTLED_BY_ANSWER,
      .settled_text = message.text};
  // A caller says how it ended, or Instagram's answer comes late after all.
  if (unknown && Chance(70)) spec.settled_by = v1::SETTLED_BY_CALLER;
  const int kind = Below(10);
  spec.state = v1::MESSAGE_STATE_FAILED;
  if (kind < 8 && !unknown) {
    spec.state = v1::MESSAGE_STATE_UNCONFIRMED;
    spec.settled_by = v1::SETTLED_BY_UNSPECIFIED;
  }
  if (kind < 4) {
    spec.state = v1::MESSAGE_STATE_SENT;
    spec.settled_by = unknown ? spec.settled_by : v1::SETTLED_BY_ANSWER;
  }
  if (spec.state == v1::MESSAGE_STATE_SENT &&
      spec.settled_by == v1::SETTLED_BY_ANSWER) {
    spec.mid = PickMid(message.user);
    // Its echo may be there already.
    for (const Oracle::HeldEcho& echo : oracle_.held) {
      if (echo.item.channel.no == message.channel.no &&
          echo.item.user == message.user && Chance(50)) {
        spec.mid = echo.item.mid;
      }
    }
    // Instagram gives each message a mid of its own.
    if (oracle_.IsMidOfASend(message.channel.no, spec.mid)) {
      spec.mid = absl::StrCat("own", next_raw_++);
    }
  }
  return spec;
}

StoreModelTest::Step StoreModelTest::SettleStep() {
  const Oracle::Message* picked = PickToSettle();
  if (picked == nullptr) return ClaimStep();
  const Oracle::Message message = *picked;
  const state::OutcomeSpec spec = RandomOutcome(message);
  const state::MessageRow row{.id = message.id,
                              .channel_no = message.channel.no,
                              .channel_id = message.channel.id,
                              .user_id = message.user,
                              .attempt = message.attempt};
  state::SealedRecord made = state::MakeOutcome(rig_.sealer(), row, spec);
  const bool applied = oracle_.Settle(message.id, spec);
  const Oracle::Message after = *oracle_.Find(message.id);
  return {std::move(made),
          [applied, after](const journal::Ending& ending) {
            const auto actual = AnswerIn<state::SendAnswer>(ending);
            EXPECT_EQ(actual.applied, applied);
            EXPECT_EQ(actual.message.state, after.state);
            EXPECT_EQ(actual.message.settled_by, after.settled_by);
            EXPECT_EQ(actual.message.mid, after.mid);
            EXPECT_EQ(actual.message.echo_ms, after.echo_ms);
          },
          absl::StrCat("settle ", message.user, " '", message.text, "' as ",
                       spec.state, " by ", spec.settled_by, " mid '", spec.mid,
                       "' at ", now_ms_)};
}

}  // namespace linktor
