// The oracle's part that says what becomes of claims and outcomes, and of
// echoes that are recognised by what they say.

#include <algorithm>
#include <utility>

#include "tests/model/oracle.h"

namespace linktor {
namespace {

// An echo comes within ten minutes; Meta's clock may be behind by so much.
constexpr std::int64_t kMatchMs = 600'000;
constexpr std::int64_t kBehindMs = 2'000;

using ClaimKind = state::ClaimAnswer::Kind;

// Returns whether the request is the one that made the message.
bool IsSame(const Oracle::Message& message, const state::ClaimSpec& spec) {
  return message.user == spec.user && message.text == spec.text &&
         message.attachment == spec.attachment &&
         message.human_agent == spec.human_agent;
}

bool Fit(const Oracle::Message& message, const Oracle::LooseEcho& echo) {
  const std::int64_t after = echo.echo_ms - message.claim_ms;
  return -kBehindMs <= after && after <= kMatchMs;
}

}  // namespace

const Oracle::Message* Oracle::Find(const RawId& id) const {
  for (const Message& message : messages) {
    if (message.id == id) return &message;
  }
  return nullptr;
}

Oracle::Message* Oracle::FindByMid(std::int64_t channel_no,
                                   const std::string& mid) {
  for (Message& message : messages) {
    if (message.channel.no == channel_no && !mid.empty() &&
        message.mid == mid) {
      return &message;
    }
  }
  return nullptr;
}

bool Oracle::IsMidOfASend(std::int64_t channel_no,
                          const std::string& mid) const {
  return std::any_of(messages.begin(), messages.end(), [&](const auto& one) {
    return one.channel.no == channel_no && one.mid == mid;
  });
}

bool Oracle::IsPending(std::int64_t channel_no, const std::string& user) const {
  return std::any_of(messages.begin(), messages.end(), [&](const auto& one) {
    return one.channel.no == channel_no && one.user == user &&
           one.state == v1::MESSAGE_STATE_PENDING;
  });
}

void Oracle::Move(Message& message, v1::MessageState state) {
  if (!message.request_id.empty()) {
    ended_requests_ +=
        (IsOpen(message.state) ? 1 : 0) - (IsOpen(state) ? 1 : 0);
  }
  message.state = state;
}

void Oracle::SettleByContent(std::int64_t channel_no, const std::string& user,
                             const std::string& text, std::int64_t now_ms) {
  std::vector<Message*> unknown;
  for (Message& message : messages) {
    if (message.channel.no != channel_no || message.user != user ||
        message.text != text || message.attachment) {
      continue;
    }
    if (message.state == v1::MESSAGE_STATE_PENDING) return;
    if (message.state == v1::MESSAGE_STATE_UNCONFIRMED) {
      unknown.push_back(&message);
    }
  }
  // Sends of the same time stay in the order of `messages`.
  std::sort(unknown.begin(), unknown.end(), [](auto* a, auto* b) {
    return a->claim_ms != b->claim_ms ? a->claim_ms < b->claim_ms : a < b;
  });
  std::vector<LooseEcho> echoes;
  for (const LooseEcho& echo : loose) {
    if (echo.channel_no == channel_no && echo.user == user &&
        echo.text == text) {
      echoes.push_back(echo);
    }
  }
  std::vector<std::pair<Message*, LooseEcho>> pairs;
  for (Message* message : unknown) {
    for (const LooseEcho& echo : echoes) {
      if (!Fit(*message, echo)) continue;
      const auto rivals =
          std::count_if(unknown.begin(), unknown.end(),
                        [&](auto* other) { return Fit(*other, echo); });
      const auto choices =
          std::count_if(echoes.begin(), echoes.end(),
                        [&](auto& other) { return Fit(*message, other); });
      if (rivals == 1 && choices == 1) pairs.emplace_back(message, echo);
    }
  }
  for (const auto& [message, echo] : pairs) {
    Move(*message, v1::MESSAGE_STATE_SENT);
    message->settled_by = v1::SETTLED_BY_ECHO_CONTENT;
    message->mid = echo.mid;
    message->echo_ms = echo.echo_ms;
    message->send_ms = echo.echo_ms;
    AddEvent({.type = "message.sent",
              .channel_no = channel_no,
              .user = user,
              .mid = echo.mid,
              .text = message->text,
              .message = message->id,
              .event_ms = echo.echo_ms,
              .time_ms = now_ms,
              .told_echo_ms = echo.echo_ms,
              .ended = message->id,
              .mid_stays = true});
    std::erase_if(loose, [&, mid = echo.mid](const LooseEcho& other) {
      return other.channel_no == channel_no && other.mid == mid;
    });
  }
}

Oracle::Claimed Oracle::Claim(const state::ClaimSpec& spec, const RawId& id) {
  Message* existing = nullptr;
  for (Message& message : messages) {
    if (message.channel.no == spec.channel.no && !spec.request_id.empty() &&
        message.request_id == spec.request_id) {
      existing = &message;
    }
  }
  if (existing != nullptr) {
    ClaimKind kind = ClaimKind::kClaimed;
    if (!IsSame(*existing, spec)) {
      kind = ClaimKind::kReused;
    } else if (existing->state == v1::MESSAGE_STATE_PENDING) {
      kind = ClaimKind::kInFlight;
    } else if (existing->state != v1::MESSAGE_STATE_FAILED) {
      kind = ClaimKind::kEnded;
    }
    if (kind != ClaimKind::kClaimed)
      return {.kind = kind, .message = *existing};
  }
  Claimed result = Decide(spec);
  if (result.kind != ClaimKind::kClaimed) return result;
  if (spec.user == kPoisonUser) return {.poison = true};
  calls.push_back({.channel_no = spec.channel.no,
                   .user = spec.user,
                   .ms = spec.now_ms,
                   .born_ms = Born(spec.now_ms)});
  if (existing == nullptr) {
    messages.push_back({.id = id,
                        .channel = spec.channel,
                        .user = spec.user,
                        .text = spec.text,
                        .attachment = spec.attachment,
                        .human_agent = spec.human_agent,
                        .request_id = spec.request_id,
                        .attempt = 0,
                        .create_ms = spec.now_ms});
    existing = &messages.back();
  } else {
    Move(*existing, v1::MESSAGE_STATE_PENDING);
  }
  existing->settled_by = v1::SETTLED_BY_UNSPECIFIED;
  ++existing->attempt;
  existing->incarnation = incarnation;
  existing->claim_ms = spec.now_ms;
  existing->born_ms = Born(spec.now_ms);
  result.message = *existing;
  return result;
}

std::vector<std::int64_t> Oracle::CallsOfTheHour(
    const state::ClaimSpec& spec) const {
  std::vector<std::int64_t> times;
  for (const Call& call : calls) {
    if (call.channel_no == spec.channel.no && call.user == spec.user &&
        call.ms <= spec.now_ms && spec.now_ms < call.ms + state::kHourMs) {
      times.push_back(call.ms);
    }
  }
  std::sort(times.rbegin(), times.rend());
  return times;
}

Oracle::Claimed Oracle::Decide(const state::ClaimSpec& spec) const {
  if (!IsLive(spec.channel.no)) return {.kind = ClaimKind::kChannelGone};
  const Customer customer{spec.channel.no, spec.user};
  const auto last = activity.find(customer);
  if (last == activity.end()) {
    if (spec.refuse_without_history) return {.kind = ClaimKind::kNeverWritten};
  } else if (spec.human_agent) {
    if (spec.now_ms >= last->second + 7 * state::kDayMs) {
      return {.kind = ClaimKind::kHumanAgentWindowClosed,
              .time_ms = last->second};
    }
  } else if (spec.now_ms >= last->second + state::kDayMs) {
    return {.kind = ClaimKind::kWindowClosed, .time_ms = last->second};
  }
  if (const auto out = opted_out.find(customer); out != opted_out.end()) {
    return {.kind = ClaimKind::kOptedOut, .time_ms = out->second};
  }
  if (spec.quota == 0) return {};
  const std::vector<std::int64_t> of_the_hour = CallsOfTheHour(spec);
  const auto quota = static_cast<std::size_t>(spec.quota);
  if (of_the_hour.size() < quota) return {};
  // There is room again when fewer than the quota are left of the hour.
  return {.kind = ClaimKind::kOverQuota,
          .time_ms = of_the_hour[quota - 1] + state::kHourMs};
}

bool Oracle::Settle(const RawId& id, const state::OutcomeSpec& spec) {
  Message& message =
      *std::find_if(messages.begin(), messages.end(),
                    [&](const Message& one) { return one.id == id; });
  if (message.state != spec.expected_state ||
      message.attempt != spec.expected_attempt) {
    return false;
  }
  Move(message, spec.state);
  message.settled_by = spec.settled_by;
  Event event{.type = "message.unconfirmed",
              .channel_no = message.channel.no,
              .user = message.user,
              .time_ms = spec.now_ms,
              .ended = id};
  if (spec.state == v1::MESSAGE_STATE_FAILED) event.type = "message.failed";
  if (spec.state == v1::MESSAGE_STATE_SENT) {
    event.type = "message.sent";
    event.mid = spec.mid;
    // Only Instagram's answer says when.
    if (spec.settled_by == v1::SETTLED_BY_ANSWER) {
      message.send_ms = spec.now_ms;
    }
    if (!spec.mid.empty()) NameMid(message, spec.mid);
    event.told_echo_ms = spec.mid.empty() ? 0 : message.echo_ms;
  }
  AddEvent(std::move(event));
  // `message` stays where it is: what follows adds none.
  Release(message, spec.now_ms);
  if (!message.attachment) {
    SettleByContent(message.channel.no, message.user, message.text,
                    spec.now_ms);
  }
  return true;
}

// An echo with that mid may have become an event already, as one of elsewhere.
void Oracle::NameMid(Message& message, const std::string& mid) {
  message.mid = mid;
  message.echo_ms = 0;
  for (const Event& event : events) {
    if (event.type == "message.echoed" && event.mid == mid &&
        event.channel_no == message.channel.no) {
      message.echo_ms = event.event_ms != 0 ? event.event_ms : event.time_ms;
    }
  }
  std::erase_if(loose, [&](const LooseEcho& echo) {
    return echo.channel_no == message.channel.no && echo.mid == mid;
  });
}

// When no send to the person is under way any more, all of their echoes are let
// go; until then, only the one that this outcome has named. Content is looked
// at when all of them are there: what is released together is known together.
void Oracle::Release(const Message& settled, std::int64_t now_ms) {
  const bool all = !IsPending(settled.channel.no, settled.user);
  std::vector<HeldEcho> released;
  std::vector<HeldEcho> kept;
  for (HeldEcho& echo : held) {
    const bool theirs = echo.item.channel.no == settled.channel.no &&
                        echo.item.user == settled.user;
    const bool named = !settled.mid.empty() && echo.item.mid == settled.mid;
    (theirs && (all || named) ? released : kept).push_back(std::move(echo));
  }
  held = std::move(kept);
  std::vector<std::string> texts;
  for (HeldEcho& echo : released) {
    ++(IsMidOfASend(echo.item.channel.no, echo.item.mid) ? held_ours
                                                         : held_others);
    if (TellEcho(echo.item, std::move(echo.event)) &&
        std::find(texts.begin(), texts.end(), echo.item.text) == texts.end()) {
      texts.push_back(echo.item.text);
    }
  }
  for (const std::string& text : texts) {
    SettleByContent(settled.channel.no, settled.user, text, now_ms);
  }
}

}  // namespace linktor
