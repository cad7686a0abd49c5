// This part of Apply is about sends. It applies claims and outcomes. It also
// settles UNCONFIRMED sends by echoes: an echo can show that such a send was
// sent.

#include <limits>
#include <optional>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "linktor/instagram/v1/event.pb.h"
#include "server/base/try.h"
#include "server/kinds/table.h"
#include "server/policy/window.h"
#include "server/state/applier.h"
#include "server/state/expiry.h"
#include "server/state/message_event.h"

namespace linktor::state {
namespace {

using google::protobuf::util::TimeUtil;

// Returns the message.sent event of a send that an echo has settled, without
// its content. Sets `decided` to the fields that Apply decides, serialised.
journal::NewEvent SettledEvent(const MessageRow& row, std::int64_t time_ms,
                               std::string& decided) {
  const kinds::Kind& kind = kinds::kMessageSent;
  journal::NewEvent event;
  event.set_id(SettledEventId(row));
  event.set_type(std::string(kind.type));
  event.set_channel_no(row.channel_no);
  event.set_channel_id(row.channel_id);
  event.set_user_id(row.user_id);
  event.set_event_ms(row.echo_ms);
  v1::Event described;
  *described.mutable_event_time() =
      TimeUtil::MillisecondsToTimestamp(row.echo_ms);
  *described.mutable_receive_time() =
      TimeUtil::MillisecondsToTimestamp(time_ms);
  *kind.mutable_message(described) = DescribeMessage(row);
  decided = described.SerializeAsString();
  return event;
}

// Returns the row of a new send, with the fields that the claim gives.
MessageRow NewRow(const journal::Claim& claim) {
  return {.id = claim.message_id(),
          .channel_no = claim.channel_no(),
          .channel_id = claim.channel_id(),
          .user_id = claim.user_id(),
          .request_id = claim.request_id(),
          .request_fingerprint = claim.request_fingerprint(),
          .content_match = claim.content_match(),
          .sealed_content = claim.sealed_content()};
}

}  // namespace

// A refused claim changes nothing. When the claim is not refused, the call
// counts against the quota, and the message becomes PENDING. The message is
// new, or it is the FAILED message of the same request id. A FAILED message
// keeps its id, and its next attempt begins.
absl::StatusOr<Answer> Applier::ApplyClaim(const journal::Claim& claim,
                                           Context& context) {
  LINKTOR_ASSIGN(ClaimAnswer answer, Decide(claim, context.time_ms()));
  if (answer.kind != ClaimAnswer::Kind::kClaimed) return answer;
  LINKTOR_TRY(conversations_.AddCall(claim.channel_no(), claim.user_id(),
                                     context.time_ms(), state_));
  // A FAILED message is tried again under its own id.
  const bool again = answer.message.attempt > 0;
  if (!again) {
    answer.message = NewRow(claim);
    answer.message.create_ms = context.time_ms();
    answer.message.after_seq = state_.last_seq;
  }
  MessageRow& row = answer.message;
  row.state = v1::MESSAGE_STATE_PENDING;
  row.settled_by = v1::SETTLED_BY_UNSPECIFIED;
  row.attempt += 1;
  row.claim_ms = context.time_ms();
  row.born_ms = BornMs(context.time_ms(), state_.expiry);
  row.api_key_id = claim.api_key_id();
  row.instance = context.record.instance();
  row.incarnation = context.record.incarnation();
  if (again) {
    LINKTOR_TRY(messages_.SetError(row, "", state_));
    LINKTOR_TRY(messages_.UpdateAttempt(row));
  } else {
    LINKTOR_TRY(messages_.Insert(row, state_));
  }
  context.effects.messages.push_back(row);
  return answer;
}

// docs/life-of-a-send.md describes the order of these checks. With kClaimed,
// `message` of the answer is the FAILED message that is tried again, or is
// empty.
absl::StatusOr<ClaimAnswer> Applier::Decide(const journal::Claim& claim,
                                            std::int64_t time_ms) {
  using Kind = ClaimAnswer::Kind;
  LINKTOR_ASSIGN(auto existing, messages_.FindByRequest(claim.channel_no(),
                                                        claim.request_id()));
  if (existing.has_value()) {
    Kind kind = Kind::kClaimed;
    if (existing->request_fingerprint != claim.request_fingerprint()) {
      kind = Kind::kReused;
    } else if (existing->state == v1::MESSAGE_STATE_PENDING) {
      kind = Kind::kInFlight;
    } else if (existing->state != v1::MESSAGE_STATE_FAILED) {
      kind = Kind::kEnded;
    }
    if (kind != Kind::kClaimed) {
      return ClaimAnswer{.kind = kind, .message = *std::move(existing)};
    }
  }
  LINKTOR_ASSIGN(const bool live, channels_.IsLive(claim.channel_no()));
  if (!live) return ClaimAnswer{.kind = Kind::kChannelGone};
  LINKTOR_ASSIGN(const bool unreadable,
                 keys_.IsUnreadable(claim.sealed_content()));
  if (unreadable) return ClaimAnswer{.kind = Kind::kUnreadable};
  LINKTOR_ASSIGN(ClaimAnswer answer, DecideByHistory(claim, time_ms));
  if (existing.has_value()) answer.message = *std::move(existing);
  return answer;
}

absl::StatusOr<ClaimAnswer> Applier::DecideByHistory(
    const journal::Claim& claim, std::int64_t time_ms) {
  using Kind = ClaimAnswer::Kind;
  LINKTOR_ASSIGN(const ConversationRow conversation,
                 conversations_.Find(claim.channel_no(), claim.user_id()));
  const std::int64_t last_ms = conversation.last_inbound_ms.value_or(0);
  switch (policy::DecideWindow(
      {.last_inbound_ms = conversation.last_inbound_ms,
       .now_ms = time_ms,
       .human_agent = claim.human_agent(),
       .refuse_without_history = claim.refuse_without_history()})) {
    case policy::WindowDecision::kSend:
      break;
    case policy::WindowDecision::kClosed:
      return ClaimAnswer{.kind = Kind::kWindowClosed, .time_ms = last_ms};
    case policy::WindowDecision::kHumanAgentClosed:
      return ClaimAnswer{.kind = Kind::kHumanAgentWindowClosed,
                         .time_ms = last_ms};
    case policy::WindowDecision::kNoHistory:
      return ClaimAnswer{.kind = Kind::kNeverWritten};
  }
  if (conversation.opt_out_ms.has_value()) {
    return ClaimAnswer{.kind = Kind::kOptedOut,
                       .time_ms = *conversation.opt_out_ms};
  }
  if (claim.quota() == 0) return ClaimAnswer{.kind = Kind::kClaimed};
  LINKTOR_ASSIGN(const auto free_ms, conversations_.BlockedUntil(
                                         claim.channel_no(), claim.user_id(),
                                         claim.quota(), time_ms));
  if (!free_ms.has_value()) return ClaimAnswer{.kind = Kind::kClaimed};
  return ClaimAnswer{.kind = Kind::kOverQuota, .time_ms = *free_ms};
}

// When the message is not in the expected state and attempt, it changes
// nothing, and `applied` of the answer is false. Otherwise it first writes the
// outcome and makes the event of the outcome. Then it releases held echoes.
// Last, it settles sends by echoes with the same content. So an echo can settle
// the very message whose outcome is UNCONFIRMED.
absl::StatusOr<Answer> Applier::ApplyOutcome(const journal::SendOutcome& body,
                                             Context& context) {
  LINKTOR_ASSIGN(auto found, messages_.FindById(body.message_id()));
  if (!found.has_value()) {
    return absl::NotFoundError("outcome of an unknown message");
  }
  SendAnswer answer{.message = *std::move(found)};
  MessageRow& row = answer.message;
  // The outcome of a send to an erased person is not stored any more.
  if (static_cast<int>(row.state) != body.expected_state() ||
      row.attempt != body.expected_attempt() || row.user_id.empty()) {
    return answer;
  }
  answer.applied = true;
  LINKTOR_TRY(Settle(body, row, context));
  context.effects.messages.push_back(row);
  const std::int64_t updates = messages_.updates();
  LINKTOR_TRY(RetractIfUnsent(row, context));
  LINKTOR_TRY(ReleaseEchoes(row, context));
  LINKTOR_TRY(
      SettleByContent(row.channel_no, row.user_id, row.content_match, context));
  if (messages_.updates() == updates) return answer;
  // An echo may have settled the message, or have given it its echo time. The
  // message may also have been retracted.
  LINKTOR_ASSIGN(auto now, messages_.FindById(body.message_id()));
  if (now.has_value()) row = *std::move(now);
  return answer;
}

// `row` must be in the state and the attempt that the outcome expects. If the
// message's own echo has come already, Settle also removes this echo from the
// unmatched echoes.
absl::Status Applier::Settle(const journal::SendOutcome& body, MessageRow& row,
                             Context& context) {
  row.state = static_cast<v1::MessageState>(body.state());
  row.settled_by = static_cast<v1::SettledBy>(body.settled_by());
  LINKTOR_TRY(messages_.SetError(row, body.sealed_error(), state_));
  LINKTOR_TRY(messages_.SetSettled(row, body.sealed_settled(), state_));
  std::string decided;
  if (row.state == v1::MESSAGE_STATE_SENT) {
    if (row.settled_by == v1::SETTLED_BY_ANSWER)
      row.send_ms = context.time_ms();
    if (!body.mid_key().empty()) {
      row.mid = body.mid();
      row.mid_key = body.mid_key();
      LINKTOR_TRY(waiting_.Remove(row.mid_key, state_));
      // The echo of this message may have an event already, as a message from
      // elsewhere. Now the server knows that the echo belongs to this message.
      LINKTOR_ASSIGN(row.echo_ms,
                     events_.TimeOf(body.mid_key(), journal::ITEM_KIND_ECHO));
      LINKTOR_TRY(messages_.RemoveUnmatched(body.mid_key()));
      if (row.echo_ms != 0) {
        v1::Event echo;
        *kinds::kMessageSent.mutable_message(echo)->mutable_echo_time() =
            TimeUtil::MillisecondsToTimestamp(row.echo_ms);
        decided = echo.SerializeAsString();
      }
    }
  }
  LINKTOR_TRY(messages_.Update(row));
  return AppendEvent(body.event(),
                     {.time_ms = context.time_ms(),
                      .message_no = row.no,
                      .decided = std::move(decided),
                      .clear = context.ClearOf(0)},
                     context)
      .status();
}

// When no send to the customer is PENDING any more, all held echoes of the
// customer are released. While another send is PENDING, only the echo of this
// message is released, and only when the mid of the message is known now.
absl::Status Applier::ReleaseEchoes(const MessageRow& row, Context& context) {
  LINKTOR_ASSIGN(const bool pending,
                 messages_.HasPending(row.channel_no, row.user_id));
  if (pending && row.mid_key.empty()) return absl::OkStatus();
  LINKTOR_ASSIGN(const auto held, held_.Take(row.channel_no, row.user_id,
                                             pending ? row.mid_key : RawId()));
  return Release(held, context);
}

// An UNCONFIRMED message and an echo of the same content to the same user
// belong together when nothing else is possible. This is so when
// - the echo came at most kEchoMatchMs after the claim, and at most kEchoSkewMs
//   before it;
// - within this time, the echo is the only one that can belong to the message,
//   and the message is the only one to which the echo can belong;
// - no send of that content to the user is PENDING.
//
// There may be a thousand messages and a thousand echoes of the same content,
// so the loop does not compare every pair. One step looks at the first echo
// that is left. It decides about this echo and about all echoes up to a later
// time. The next step begins after that time. So there are a few steps for each
// kEchoMatchMs between the first echo and the last one. When a step settles a
// pair, neither of the two could belong to anything else. So the later steps
// decide as they would have decided before.
absl::Status Applier::SettleByContent(std::int64_t channel_no,
                                      std::string_view user_id,
                                      std::string_view content_match,
                                      Context& context) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (content_match.empty()) return absl::OkStatus();
  const ContentKey content{.channel_no = channel_no,
                           .user_id = user_id,
                           .content_match = content_match};
  LINKTOR_ASSIGN(const bool pending, messages_.HasPendingOf(content));
  if (pending) return absl::OkStatus();
  std::int64_t from_ms = Limits::min();
  for (;;) {
    LINKTOR_ASSIGN(const auto echoes,
                   messages_.FirstUnmatched(content, from_ms, Limits::max()));
    if (echoes.empty()) return absl::OkStatus();
    const std::int64_t echo_ms = echoes.front().echo_ms;
    LINKTOR_ASSIGN(const auto sends,
                   messages_.LastUnconfirmed(content, echo_ms - kEchoMatchMs,
                                             echo_ms + kEchoSkewMs));
    if (sends.empty()) {
      LINKTOR_ASSIGN(const auto next_ms,
                     messages_.NextUnconfirmed(content, echo_ms));
      if (!next_ms.has_value()) return absl::OkStatus();
      from_ms = *next_ms - kEchoSkewMs;
      continue;
    }
    const UnconfirmedSend& latest = sends.front();
    if (sends.size() == 1) LINKTOR_TRY(SettleOnly(content, latest, context));
    // This echo can belong to the latest send. So can every other echo that
    // came at most kEchoMatchMs after the claim of the latest send. If there
    // are such echoes, none of them can be settled, because the latest send has
    // more than one candidate. So the next step begins after them.
    from_ms = latest.claim_ms + kEchoMatchMs + 1;
  }
}

// Settles the send if exactly one echo can belong to it. The caller has made
// sure that this echo cannot belong to another send.
absl::Status Applier::SettleOnly(const ContentKey& content,
                                 const UnconfirmedSend& send,
                                 Context& context) {
  LINKTOR_ASSIGN(const auto echoes,
                 messages_.FirstUnmatched(content, send.claim_ms - kEchoSkewMs,
                                          send.claim_ms + kEchoMatchMs));
  if (echoes.size() != 1) return absl::OkStatus();
  LINKTOR_ASSIGN(auto row, messages_.FindById(send.id));
  if (!row.has_value())
    return absl::NotFoundError("echo of an unknown message");
  return SettleWith(echoes.front(), *row, context);
}

// Makes the send SENT because of this echo. It changes `row` and the table,
// makes the message.sent event, and adds the message to the effects. It removes
// the echo from the unmatched echoes, and the error of the UNCONFIRMED attempt.
// If the message was unsent already, the send then becomes RETRACTED.
absl::Status Applier::SettleWith(const UnmatchedEcho& echo, MessageRow& row,
                                 Context& context) {
  row.state = v1::MESSAGE_STATE_SENT;
  row.settled_by = v1::SETTLED_BY_ECHO_CONTENT;
  row.mid = echo.mid;
  row.mid_key = echo.mid_key;
  row.echo_ms = echo.echo_ms;
  row.send_ms = echo.echo_ms;
  std::string decided;
  journal::NewEvent event = SettledEvent(row, context.time_ms(), decided);
  LINKTOR_ASSIGN(*event.mutable_sealed(), messages_.FindSettled(row));
  LINKTOR_TRY(messages_.SetError(row, "", state_));
  LINKTOR_TRY(messages_.SetSettled(row, "", state_));
  LINKTOR_TRY(messages_.Update(row));
  LINKTOR_TRY(messages_.RemoveUnmatched(echo.mid_key));
  context.effects.messages.push_back(row);
  LINKTOR_TRY(AppendEvent(event,
                          {.time_ms = context.time_ms(),
                           .message_no = row.no,
                           .decided = std::move(decided)},
                          context)
                  .status());
  return RetractIfUnsent(row, context);
}

}  // namespace linktor::state
