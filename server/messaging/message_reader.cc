#include "server/messaging/message_reader.h"

#include <optional>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "server/base/status.h"
#include "server/base/try.h"
#include "server/kinds/changes.h"
#include "server/kinds/table.h"
#include "server/messaging/message_view.h"
#include "server/state/event_encoding.h"
#include "server/state/identity.h"

namespace linktor::messaging {
namespace {

using google::protobuf::util::TimeUtil;

absl::Status MessageNotFound(const channels::ChannelEntry& channel) {
  return MakeError(absl::StatusCode::kNotFound,
                   "the channel has no message under this id",
                   {.reason = v1::ERROR_REASON_MESSAGE_NOT_FOUND,
                    .metadata = {{"channel_id", channel.channel.id()}}});
}

// Sets which way a message went that an event of that type brought.
void SetDirection(std::string_view type, v1::Message& message) {
  const bool echo = kinds::FindType(type).echo;
  message.set_direction(echo ? v1::MESSAGE_DIRECTION_OUTBOUND
                             : v1::MESSAGE_DIRECTION_INBOUND);
  message.set_origin(echo ? v1::MESSAGE_ORIGIN_ELSEWHERE
                          : v1::MESSAGE_ORIGIN_UNSPECIFIED);
}

// Returns all that is left of a message that was taken back.
v1::Message Retracted(const v1::Event& event) {
  const v1::MessageUnsend& unsend = event.message_unsent();
  v1::Message message;
  message.set_id(unsend.message_id());
  message.set_channel_id(event.channel_id());
  message.set_user_id(event.user_id());
  message.set_direction(unsend.direction());
  if (unsend.direction() == v1::MESSAGE_DIRECTION_OUTBOUND) {
    message.set_origin(v1::MESSAGE_ORIGIN_ELSEWHERE);
  }
  message.set_state(v1::MESSAGE_STATE_RETRACTED);
  message.set_mid(unsend.mid());
  *message.mutable_create_time() = event.receive_time();
  *message.mutable_retract_time() =
      event.has_event_time() ? event.event_time() : event.receive_time();
  return message;
}

}  // namespace

absl::StatusOr<v1::Message> MessageReader::Find(
    const v1::GetMessageRequest& request) {
  const channels::ChannelRegistry::EntryPtr channel =
      registry_.Find(request.channel_id());
  if (channel == nullptr)
    return channels::ChannelNotFound(request.channel_id());
  if (request.key_case() == v1::GetMessageRequest::kRequestId) {
    LINKTOR_ASSIGN(const std::optional<state::MessageRow> row,
                   state_.MessageByRequest(channel->no, request.request_id()));
    if (!row.has_value()) return MessageNotFound(*channel);
    return OpenSend(*row);
  }
  const RawId key = request.key_case() == v1::GetMessageRequest::kMid
                        ? state::MidKey(channel->no, request.mid())
                        : ParseId(kMessagePrefix, request.message_id());
  if (key.empty()) return MessageNotFound(*channel);
  return FindByMidKey(*channel, key);
}

absl::StatusOr<v1::Message> MessageReader::OpenSend(
    const state::MessageRow& row) {
  LINKTOR_ASSIGN(v1::Message message, OpenMessage(sealer_, row));
  LINKTOR_TRY(AddChanges(row.mid_key, message));
  return message;
}

absl::Status MessageReader::AddChanges(std::string_view mid_key,
                                       v1::Message& message) {
  if (mid_key.empty() || message.state() == v1::MESSAGE_STATE_RETRACTED) {
    return absl::OkStatus();
  }
  LINKTOR_ASSIGN(const std::vector<v1::Event> changes,
                 events_.FindChanges(mid_key));
  kinds::ApplyChanges(changes, message);
  return absl::OkStatus();
}

absl::StatusOr<v1::Message> MessageReader::FindByMidKey(
    const channels::ChannelEntry& channel, std::string_view mid_key) {
  LINKTOR_ASSIGN(const std::optional<state::MessageRow> row,
                 state_.MessageById(mid_key));
  if (row.has_value()) {
    if (row->channel_no != channel.no) return MessageNotFound(channel);
    return OpenSend(*row);
  }
  LINKTOR_ASSIGN(auto retracted, FindRetracted(mid_key));
  if (retracted.has_value() &&
      retracted->channel_id() != channel.channel.id()) {
    retracted.reset();
  }
  for (const journal::ItemKind kind :
       {journal::ITEM_KIND_MESSAGE, journal::ITEM_KIND_ECHO,
        journal::ITEM_KIND_POSTBACK}) {
    LINKTOR_ASSIGN(const auto event, events_.FindByMid(mid_key, kind));
    if (!event.has_value() || event->channel_id() != channel.channel.id()) {
      continue;
    }
    if (retracted.has_value()) {
      SetDirection(event->type(), *retracted);
      // It has a time of its own, before or after it was taken back.
      *retracted->mutable_create_time() = event->receive_time();
      return *std::move(retracted);
    }
    LINKTOR_ASSIGN(auto message, WholeWithChanges(*event, mid_key));
    if (message.has_value()) return *std::move(message);
  }
  if (retracted.has_value()) return *std::move(retracted);
  return MessageNotFound(channel);
}

absl::StatusOr<std::optional<v1::Message>> MessageReader::FindRetracted(
    std::string_view mid_key) {
  LINKTOR_ASSIGN(const auto unsend,
                 events_.FindByMid(mid_key, journal::ITEM_KIND_UNSEND));
  if (!unsend.has_value()) return std::nullopt;
  return Retracted(*unsend);
}

absl::StatusOr<std::optional<v1::Message>> MessageReader::WholeWithChanges(
    const v1::Event& event, std::string_view mid_key) {
  std::optional<v1::Message> message = kinds::WholeMessage(event);
  if (!message.has_value()) return message;
  if (message->id().empty()) {
    message->set_id(FormatId(kMessagePrefix, mid_key));
  }
  LINKTOR_TRY(AddChanges(mid_key, *message));
  return message;
}

absl::StatusOr<std::optional<v1::Message>> MessageReader::OpenBrought(
    const state::CommittedEvent& event) {
  if (!event.mid_key.empty()) {
    LINKTOR_ASSIGN(const auto send, state_.MessageById(event.mid_key));
    if (send.has_value()) return std::nullopt;
    LINKTOR_ASSIGN(auto retracted, FindRetracted(event.mid_key));
    if (retracted.has_value()) {
      SetDirection(event.type, *retracted);
      *retracted->mutable_create_time() =
          TimeUtil::MillisecondsToTimestamp(event.receive_ms);
      return retracted;
    }
  }
  LINKTOR_ASSIGN(auto message,
                 WholeWithChanges(state::MergeEvent(event), event.mid_key));
  if (message.has_value()) return message;
  // Its person was erased, or its bytes are damaged: all that is known is that
  // there was a message.
  message.emplace();
  message->set_channel_id(event.channel_id);
  message->set_user_id(event.user_id);
  message->set_erased(state::MergeEvent(event).erased());
  SetDirection(event.type, *message);
  message->set_state(message->direction() == v1::MESSAGE_DIRECTION_OUTBOUND
                         ? v1::MESSAGE_STATE_SENT
                         : v1::MESSAGE_STATE_RECEIVED);
  *message->mutable_create_time() =
      TimeUtil::MillisecondsToTimestamp(event.receive_ms);
  // GetMessage does not find it by its id when its person was erased.
  if (!event.mid_key.empty() && !message->erased()) {
    message->set_id(FormatId(kMessagePrefix, event.mid_key));
  }
  return message;
}

absl::StatusOr<state::MessageRow> MessageReader::FindSend(
    const channels::ChannelEntry& channel, std::string_view message_id) {
  const RawId id = ParseId(kMessagePrefix, message_id);
  std::optional<state::MessageRow> row;
  if (!id.empty()) {
    LINKTOR_ASSIGN(row, state_.MessageById(id));
  }
  // Nobody can look any more what became of a send to an erased person.
  if (!row.has_value() || row->channel_no != channel.no ||
      row->user_id.empty()) {
    return MessageNotFound(channel);
  }
  return *std::move(row);
}

}  // namespace linktor::messaging
