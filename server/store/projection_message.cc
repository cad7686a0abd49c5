// Projection: claims, outcomes and how unknown outcomes are settled.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "linktor/instagram/v1/event.pb.h"
#include "server/base/status.h"
#include "server/base/try.h"
#include "server/policy/window.h"
#include "server/store/projection.h"
#include "server/store/refusals.h"

namespace linktor {
namespace {

using google::protobuf::util::TimeUtil;

// The event of a send that an echo has settled. It says who and how; what was
// said is in the message.echoed event and in GetMessage.
EventDraft SettledEvent(const MessageRow& row, std::int64_t log_ms,
                        std::string& overlay) {
  EventDraft draft;
  draft.id = HashedRawId({"settled", row.id, std::to_string(row.attempt)});
  draft.type = "message.sent";
  draft.channel_no = row.channel_no;
  draft.channel_id = row.channel_id;
  draft.user_id = row.user_id;
  draft.event_ms = row.echo_ms;
  draft.encoded = std::make_shared<const std::string>();
  v1::Event event;
  event.set_id(FormatId(kEventPrefix, draft.id));
  event.set_type(draft.type);
  event.set_channel_id(draft.channel_id);
  event.set_user_id(draft.user_id);
  *event.mutable_event_time() = TimeUtil::MillisecondsToTimestamp(row.echo_ms);
  *event.mutable_receive_time() = TimeUtil::MillisecondsToTimestamp(log_ms);
  v1::Message* message = event.mutable_message_sent();
  message->set_id(FormatId(kMessagePrefix, row.id));
  message->set_channel_id(row.channel_id);
  message->set_user_id(row.user_id);
  message->set_direction(v1::MESSAGE_DIRECTION_OUTBOUND);
  message->set_origin(v1::MESSAGE_ORIGIN_API);
  message->set_state(row.state);
  message->set_mid(row.mid);
  message->set_request_id(row.request_id);
  message->set_settled_by(row.settled_by);
  message->set_attempt(row.attempt);
  message->set_api_key_id(row.api_key_id);
  *message->mutable_echo_time() =
      TimeUtil::MillisecondsToTimestamp(row.echo_ms);
  overlay = event.SerializeAsString();
  return draft;
}

}  // namespace

absl::StatusOr<Outcome> Projection::ApplyOne(const ClaimRecord& record) {
  ClaimOutcome outcome;
  LINKTOR_ASSIGN(auto existing,
                 messages_.FindByRequest(record.channel_no, record.request_id));
  if (existing.has_value()) {
    outcome.message = *existing;
    if (existing->request_fingerprint != record.request_fingerprint) {
      outcome.kind = ClaimOutcome::Kind::kReused;
      return outcome;
    }
    if (existing->state == v1::MESSAGE_STATE_PENDING) {
      outcome.kind = ClaimOutcome::Kind::kInFlight;
      return outcome;
    }
    if (existing->state != v1::MESSAGE_STATE_FAILED) {
      outcome.kind = ClaimOutcome::Kind::kEnded;
      return outcome;
    }
  }
  LINKTOR_ASSIGN(const bool live, channels_.IsLive(record.channel_no));
  if (!live) {
    outcome.refusal =
        MakeError(absl::StatusCode::kNotFound,
                  absl::StrCat("channel '", record.channel_id, "' was deleted"),
                  {.reason = v1::ERROR_REASON_CHANNEL_NOT_FOUND,
                   .metadata = {{"channel_id", record.channel_id}}});
    return outcome;
  }
  LINKTOR_TRY(Decide(record, outcome.refusal));
  if (!outcome.refusal.ok()) return outcome;
  LINKTOR_TRY(conversations_.AddCall(record.channel_no, record.user_id,
                                     record.time_ms));
  outcome.kind = ClaimOutcome::Kind::kClaimed;
  if (existing.has_value()) {
    MessageRow& row = outcome.message;
    row.state = v1::MESSAGE_STATE_PENDING;
    row.settled_by = v1::SETTLED_BY_UNSPECIFIED;
    row.attempt += 1;
    row.claim_ms = record.time_ms;
    row.sealed_error.clear();
    row.api_key_id = record.api_key_id;
    LINKTOR_TRY(messages_.Update(row));
    return outcome;
  }
  outcome.message = {.id = record.message_id,
                     .channel_no = record.channel_no,
                     .channel_id = record.channel_id,
                     .user_id = record.user_id,
                     .state = v1::MESSAGE_STATE_PENDING,
                     .settled_by = v1::SETTLED_BY_UNSPECIFIED,
                     .attempt = 1,
                     .request_id = record.request_id,
                     .request_fingerprint = record.request_fingerprint,
                     .content_match = record.content_match,
                     .create_ms = record.time_ms,
                     .claim_ms = record.time_ms,
                     .sealed_content = record.sealed_content,
                     .api_key_id = record.api_key_id};
  LINKTOR_TRY(messages_.Insert(outcome.message));
  return outcome;
}

absl::Status Projection::Decide(const ClaimRecord& record,
                                absl::Status& refusal) {
  LINKTOR_ASSIGN(const ConversationRow conversation,
                 conversations_.Find(record.channel_no, record.user_id));
  switch (
      DecideWindow({.last_inbound_ms = conversation.last_inbound_ms,
                    .now_ms = record.time_ms,
                    .human_agent = record.human_agent,
                    .refuse_without_history = record.refuse_without_history})) {
    case WindowDecision::kSend:
      break;
    case WindowDecision::kClosed:
      refusal = WindowClosed(*conversation.last_inbound_ms, record.time_ms);
      return absl::OkStatus();
    case WindowDecision::kHumanAgentClosed:
      refusal = HumanAgentWindowClosed(*conversation.last_inbound_ms);
      return absl::OkStatus();
    case WindowDecision::kNoHistory:
      refusal = NeverWritten();
      return absl::OkStatus();
  }
  if (conversation.opt_out_ms.has_value()) {
    refusal = OptedOut(*conversation.opt_out_ms);
    return absl::OkStatus();
  }
  if (record.quota == 0) return absl::OkStatus();
  LINKTOR_ASSIGN(const auto free_ms,
                 conversations_.BlockedUntil(record.channel_no, record.user_id,
                                             record.quota, record.time_ms));
  if (free_ms.has_value()) {
    refusal =
        QuotaExceeded(record.user_id, record.quota, record.time_ms, *free_ms);
  }
  return absl::OkStatus();
}

absl::StatusOr<Outcome> Projection::ApplyOne(const OutcomeRecord& record) {
  LINKTOR_ASSIGN(auto found, messages_.FindById(record.message_id));
  if (!found.has_value()) {
    return absl::NotFoundError("outcome of an unknown message");
  }
  MessageOutcome outcome;
  outcome.message = *std::move(found);
  MessageRow& row = outcome.message;
  if (row.state != record.expected_state ||
      row.attempt != record.expected_attempt) {
    return outcome;
  }
  outcome.applied = true;
  row.state = record.state;
  row.settled_by = record.settled_by;
  row.sealed_error = record.sealed_error;
  std::string overlay;
  if (record.state == v1::MESSAGE_STATE_SENT) {
    if (record.settled_by == v1::SETTLED_BY_ANSWER) {
      row.send_ms = record.time_ms;
    }
    if (!record.mid_key.empty()) {
      row.mid = record.mid;
      row.mid_key = record.mid_key;
      // The echo may have come first, as one of elsewhere: it is this one.
      LINKTOR_ASSIGN(row.echo_ms, events_.EchoTime(record.mid_key));
      LINKTOR_TRY(messages_.RemoveUnmatched(record.mid_key));
      if (row.echo_ms != 0) {
        v1::Event echo;
        *echo.mutable_message_sent()->mutable_echo_time() =
            TimeUtil::MillisecondsToTimestamp(row.echo_ms);
        overlay = echo.SerializeAsString();
      }
    }
  }
  LINKTOR_TRY(messages_.Update(row));
  LINKTOR_ASSIGN(
      const std::int64_t seq,
      events_.Append(record.event, {.overlay = overlay}, state_, committed_));
  (void)seq;
  LINKTOR_TRY(SettleByContent(row.channel_no, row.user_id, row.content_match));
  if (record.state == v1::MESSAGE_STATE_UNCONFIRMED) {
    LINKTOR_ASSIGN(auto now, messages_.FindById(record.message_id));
    if (now.has_value()) row = *std::move(now);
  }
  return outcome;
}

// An UNCONFIRMED text and an echo of the same text to the same user belong
// together when nothing else could: within the time, each has no other
// candidate, and no send of that text is still under way.
absl::Status Projection::SettleByContent(std::int64_t channel_no,
                                         std::string_view user_id,
                                         std::string_view content_match) {
  if (content_match.empty()) return absl::OkStatus();
  LINKTOR_ASSIGN(auto open, messages_.FindOpen(channel_no, user_id));
  std::erase_if(open, [&](const MessageRow& row) {
    return row.content_match != content_match;
  });
  for (const MessageRow& row : open) {
    if (row.state != v1::MESSAGE_STATE_UNCONFIRMED) return absl::OkStatus();
  }
  if (open.empty()) return absl::OkStatus();
  LINKTOR_ASSIGN(const auto echoes,
                 messages_.FindUnmatched(channel_no, user_id, content_match));
  const auto fit = [](const MessageRow& row, const UnmatchedEcho& echo) {
    return echo.echo_ms >= row.claim_ms - kEchoSkewMs &&
           echo.echo_ms <= row.claim_ms + kEchoMatchMs;
  };
  for (MessageRow& row : open) {
    const UnmatchedEcho* only = nullptr;
    int candidates = 0;
    for (const UnmatchedEcho& echo : echoes) {
      if (!fit(row, echo)) continue;
      only = &echo;
      ++candidates;
    }
    if (candidates != 1 ||
        std::count_if(open.begin(), open.end(), [&](const MessageRow& other) {
          return fit(other, *only);
        }) != 1) {
      continue;
    }
    LINKTOR_TRY(SettleWith(*only, row));
  }
  return absl::OkStatus();
}

absl::Status Projection::SettleWith(const UnmatchedEcho& echo,
                                    MessageRow& row) {
  row.state = v1::MESSAGE_STATE_SENT;
  row.settled_by = v1::SETTLED_BY_ECHO_CONTENT;
  row.mid = echo.mid;
  row.mid_key = echo.mid_key;
  row.echo_ms = echo.echo_ms;
  row.send_ms = echo.echo_ms;
  row.sealed_error.clear();
  LINKTOR_TRY(messages_.Update(row));
  LINKTOR_TRY(messages_.RemoveUnmatched(echo.mid_key));
  std::string overlay;
  const EventDraft draft = SettledEvent(row, state_.log_ms, overlay);
  LINKTOR_ASSIGN(
      const std::int64_t seq,
      events_.Append(draft, {.overlay = overlay}, state_, committed_));
  (void)seq;
  return absl::OkStatus();
}

}  // namespace linktor
