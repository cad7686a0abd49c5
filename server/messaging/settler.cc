#include "server/messaging/settler.h"

#include <utility>

#include "absl/time/time.h"
#include "server/base/ids.h"
#include "server/base/log.h"
#include "server/base/status.h"
#include "server/base/try.h"
#include "server/messaging/ended_message.h"
#include "server/messaging/message_view.h"

namespace linktor::messaging {
namespace {

absl::Status NotUnconfirmed(v1::MessageState state) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   "only an UNCONFIRMED message can be resolved",
                   {.reason = v1::ERROR_REASON_MESSAGE_NOT_UNCONFIRMED,
                    .metadata = {{"state", v1::MessageState_Name(state)}}});
}

SendEnd Abandoned(const state::MessageRow& row) {
  SendEnd end{.state = v1::MESSAGE_STATE_UNCONFIRMED};
  end.error = OutcomeUnknown(
      "the server stopped while the message was being sent; it may have been "
      "delivered. Instagram's echo settles it, or ResolveMessage");
  AddErrorMetadata(end.error, "message_id", FormatId(kMessagePrefix, row.id));
  AddErrorMetadata(end.error, "request_id", row.request_id);
  return end;
}

SendEnd Resolved(const state::MessageRow& row,
                 const v1::ResolveMessageRequest& request) {
  if (request.resolution() == v1::MESSAGE_RESOLUTION_SENT) {
    return {.state = v1::MESSAGE_STATE_SENT,
            .settled_by = v1::SETTLED_BY_CALLER,
            .mid = request.mid()};
  }
  return {.state = v1::MESSAGE_STATE_FAILED,
          .settled_by = v1::SETTLED_BY_CALLER,
          .error = MakeError(
              absl::StatusCode::kFailedPrecondition,
              "resolved as not sent; the request id may be used again",
              {.reason = v1::ERROR_REASON_RESOLVED_NOT_SENT,
               .metadata = {{"message_id", FormatId(kMessagePrefix, row.id)},
                            {"request_id", row.request_id}}})};
}

}  // namespace

absl::StatusOr<state::SendAnswer> Settler::Record(
    const state::MessageRow& row, const v1::MessageContent& content,
    const SendEnd& end) {
  LINKTOR_ASSIGN(OutcomeRecord made,
                 MakeOutcomeRecord(deps_.sealer, row, content, end,
                                   absl::ToUnixMillis(deps_.clock.Now())));
  return journal::AppendSealedAs<state::SendAnswer>(
      deps_.journal, std::move(made.new_keys), std::move(made.appended.record));
}

absl::Status Settler::SettleAbandoned(
    const std::vector<state::MessageRow>& pending) {
  int count = 0;
  for (const state::MessageRow& row : pending) {
    if (row.instance != deps_.appender.instance ||
        row.incarnation >= deps_.appender.incarnation) {
      continue;
    }
    // Content that cannot be opened any more must not keep the message PENDING,
    // so the outcome then goes without it.
    LINKTOR_TRY(
        Record(row,
               OpenContent(deps_.sealer, row).value_or(v1::MessageContent()),
               Abandoned(row))
            .status());
    ++count;
  }
  if (count > 0) {
    Log(LogLevel::kWarning, "sends of a stopped process are unconfirmed",
        {{"count", std::to_string(count)}});
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Message> Settler::Resolve(
    const v1::ResolveMessageRequest& request) {
  const channels::ChannelRegistry::EntryPtr channel =
      deps_.registry.Find(request.channel_id());
  if (channel == nullptr)
    return channels::ChannelNotFound(request.channel_id());
  LINKTOR_ASSIGN(const state::MessageRow row,
                 deps_.reader.FindSend(*channel, request.message_id()));
  if (row.state != v1::MESSAGE_STATE_UNCONFIRMED) {
    return NotUnconfirmed(row.state);
  }
  const SendEnd end = Resolved(row, request);
  LINKTOR_TRY(CheckMid(*channel, row, end.mid));
  LINKTOR_ASSIGN(const v1::MessageContent content,
                 OpenContent(deps_.sealer, row));
  LINKTOR_ASSIGN(const state::SendAnswer answer, Record(row, content, end));
  if (!answer.applied) return NotUnconfirmed(answer.message.state);
  return OpenMessage(deps_.sealer, answer.message);
}

// Two messages with one mid could not be told apart: every look-up and every
// later echo would take them for one.
absl::Status Settler::CheckMid(const channels::ChannelEntry& channel,
                               const state::MessageRow& row,
                               const std::string& mid) {
  if (mid.empty()) return absl::OkStatus();
  v1::GetMessageRequest request;
  request.set_channel_id(channel.channel.id());
  request.set_mid(mid);
  const absl::StatusOr<v1::Message> found = deps_.reader.Find(request);
  if (absl::IsNotFound(found.status())) return absl::OkStatus();
  LINKTOR_TRY(found.status());
  // The echo of this very message may have come already. Nobody knew then whose
  // it was, so it is known as a message from elsewhere.
  if (found->direction() == v1::MESSAGE_DIRECTION_OUTBOUND &&
      found->origin() == v1::MESSAGE_ORIGIN_ELSEWHERE &&
      found->user_id() == row.user_id) {
    return absl::OkStatus();
  }
  return InvalidFields(v1::ERROR_REASON_INVALID_REQUEST,
                       {{"mid", "is the mid of another message"}});
}

}  // namespace linktor::messaging
