// Claims, outcomes, and echoes recognised by what they say.

#include <algorithm>
#include <utility>

#include "tests/model/oracle.h"

namespace linktor {
namespace {

// Ten minutes, and how far Meta's clock may be behind.
constexpr std::int64_t kMatchMs = 600'000;
constexpr std::int64_t kBehindMs = 2'000;

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

const Oracle::Message* Oracle::FindByMid(std::int64_t channel_no,
                                         const std::string& mid) const {
  for (const Message& message : messages) {
    if (message.channel.no == channel_no && !mid.empty() &&
        message.mid == mid) {
      return &message;
    }
  }
  return nullptr;
}

bool Oracle::IsMidOfASend(std::int64_t channel_no,
                          const std::string& mid) const {
  return FindByMid(channel_no, mid) != nullptr;
}

void Oracle::SettleByContent(std::int64_t channel_no, const std::string& user,
                             const std::string& text) {
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
    message->state = v1::MESSAGE_STATE_SENT;
    message->settled_by = v1::SETTLED_BY_ECHO_CONTENT;
    message->mid = echo.mid;
    message->echo_ms = echo.echo_ms;
    message->send_ms = echo.echo_ms;
    AddEvent({.type = "message.sent",
              .channel_no = channel_no,
              .user = user,
              .mid = echo.mid,
              .message = message->id});
    std::erase_if(loose, [&, mid = echo.mid](const LooseEcho& other) {
      return other.channel_no == channel_no && other.mid == mid;
    });
  }
}

Oracle::Claimed Oracle::Claim(const ClaimSpec& spec, const RawId& id) {
  Claimed result;
  const std::int64_t log_before = log_ms;
  log_ms = std::max(log_ms, spec.now_ms);
  Message* existing = nullptr;
  for (Message& message : messages) {
    if (message.channel.no == spec.channel.no && !spec.request_id.empty() &&
        message.request_id == spec.request_id) {
      existing = &message;
    }
  }
  if (existing != nullptr) {
    result.message = *existing;
    if (existing->user != spec.user || existing->text != spec.text ||
        existing->attachment != spec.attachment ||
        existing->human_agent != spec.human_agent) {
      result.kind = ClaimOutcome::Kind::kReused;
      return result;
    }
    if (existing->state == v1::MESSAGE_STATE_PENDING) {
      result.kind = ClaimOutcome::Kind::kInFlight;
      return result;
    }
    if (existing->state != v1::MESSAGE_STATE_FAILED) {
      result.kind = ClaimOutcome::Kind::kEnded;
      return result;
    }
  }
  result.kind = ClaimOutcome::Kind::kRefused;
  if (!IsLive(spec.channel.no)) {
    result.reason = "CHANNEL_NOT_FOUND";
    return result;
  }
  result.reason = Refuse(spec);
  if (!result.reason.empty()) return result;
  if (spec.user == kPoisonUser) {
    log_ms = log_before;
    result.poison = true;
    return result;
  }
  calls.push_back({spec.channel.no, spec.user, spec.now_ms});
  result.kind = ClaimOutcome::Kind::kClaimed;
  if (existing != nullptr) {
    existing->state = v1::MESSAGE_STATE_PENDING;
    existing->settled_by = v1::SETTLED_BY_UNSPECIFIED;
    ++existing->attempt;
    existing->claim_ms = spec.now_ms;
    result.message = *existing;
    return result;
  }
  if (!spec.request_id.empty()) ++kept_requests_;
  messages.push_back({.id = id,
                      .channel = spec.channel,
                      .user = spec.user,
                      .text = spec.text,
                      .attachment = spec.attachment,
                      .human_agent = spec.human_agent,
                      .request_id = spec.request_id,
                      .create_ms = spec.now_ms,
                      .claim_ms = spec.now_ms});
  result.message = messages.back();
  return result;
}

int Oracle::CallsOfTheHour(const ClaimSpec& spec) const {
  return static_cast<int>(
      std::count_if(calls.begin(), calls.end(), [&](const Call& call) {
        return call.channel_no == spec.channel.no && call.user == spec.user &&
               call.ms <= spec.now_ms && spec.now_ms < call.ms + kHourMs;
      }));
}

std::string Oracle::Refuse(const ClaimSpec& spec) const {
  const Customer customer{spec.channel.no, spec.user};
  const auto last = activity.find(customer);
  if (last == activity.end()) {
    if (spec.refuse_without_history) return "USER_HAS_NOT_WRITTEN";
  } else if (spec.human_agent) {
    if (spec.now_ms >= last->second + 7 * kDayMs) {
      return "HUMAN_AGENT_WINDOW_CLOSED";
    }
  } else if (spec.now_ms >= last->second + kDayMs) {
    return "OUTSIDE_MESSAGING_WINDOW";
  }
  if (opted_out.contains(customer)) return "RECIPIENT_OPTED_OUT";
  return spec.quota > 0 && CallsOfTheHour(spec) >= spec.quota ? "RATE_LIMITED"
                                                              : "";
}

bool Oracle::Settle(const RawId& id, const OutcomeSpec& spec) {
  log_ms = std::max(log_ms, spec.now_ms);
  const auto message =
      std::find_if(messages.begin(), messages.end(),
                   [&](const Message& one) { return one.id == id; });
  if (message->state != spec.expected_state ||
      message->attempt != spec.expected_attempt) {
    return false;
  }
  message->state = spec.state;
  message->settled_by = spec.settled_by;
  if (spec.state == v1::MESSAGE_STATE_SENT) {
    // Only Instagram's answer says when.
    if (spec.settled_by == v1::SETTLED_BY_ANSWER) {
      message->send_ms = spec.now_ms;
    }
    message->mid = spec.mid;
    if (!spec.mid.empty()) {
      for (const Event& event : events) {
        if (event.type == "message.echoed" && event.mid == spec.mid &&
            event.channel_no == message->channel.no) {
          message->echo_ms =
              event.event_ms != 0 ? event.event_ms : event.log_ms;
        }
      }
      std::erase_if(loose, [&](const LooseEcho& echo) {
        return echo.channel_no == message->channel.no && echo.mid == spec.mid;
      });
    }
  }
  std::string type = "message.unconfirmed";
  if (spec.state == v1::MESSAGE_STATE_SENT) type = "message.sent";
  if (spec.state == v1::MESSAGE_STATE_FAILED) type = "message.failed";
  AddEvent({.type = std::move(type),
            .channel_no = message->channel.no,
            .user = message->user,
            .mid = spec.state == v1::MESSAGE_STATE_SENT ? spec.mid : ""});
  if (!message->attachment) {
    SettleByContent(message->channel.no, message->user, message->text);
  }
  return true;
}

}  // namespace linktor
