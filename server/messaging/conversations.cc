#include "server/messaging/conversations.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "server/base/paging.h"
#include "server/base/status.h"
#include "server/base/try.h"
#include "server/events/list_token.h"
#include "server/policy/window.h"
#include "server/state/effects.h"
#include "server/state/event_encoding.h"

namespace linktor::messaging {
namespace {

using google::protobuf::util::TimeUtil;

absl::Status ConversationNotFound(const v1::GetConversationRequest& request) {
  return MakeError(absl::StatusCode::kNotFound,
                   "nothing is known of a conversation with this user",
                   {.reason = v1::ERROR_REASON_CONVERSATION_NOT_FOUND,
                    .metadata = {{"channel_id", request.channel_id()},
                                 {"user_id", request.user_id()}}});
}

v1::MessagingWindow WindowAt(std::int64_t last_inbound_ms,
                             std::int64_t now_ms) {
  if (now_ms < last_inbound_ms + policy::kMessagingWindowMs) {
    return v1::MESSAGING_WINDOW_OPEN;
  }
  return now_ms < last_inbound_ms + policy::kHumanAgentWindowMs
             ? v1::MESSAGING_WINDOW_HUMAN_AGENT
             : v1::MESSAGING_WINDOW_CLOSED;
}

absl::Status SendInFlight(const v1::EraseUserRequest& request) {
  return MakeError(
      absl::StatusCode::kAborted,
      "a send to this person is under way; repeat the call when it "
      "has ended",
      {.reason = v1::ERROR_REASON_REQUEST_IN_FLIGHT,
       .remedy = "Repeat the call when the send has ended.",
       .metadata = {{"channel_id", request.channel_id()}},
       .retry_after = absl::Seconds(1)});
}

}  // namespace

absl::StatusOr<v1::Conversation> Conversations::Get(
    const v1::GetConversationRequest& request) {
  const channels::ChannelRegistry::EntryPtr channel =
      deps_.registry.Find(request.channel_id());
  if (channel == nullptr)
    return channels::ChannelNotFound(request.channel_id());
  LINKTOR_ASSIGN(const state::ConversationRow row,
                 deps_.state.Conversation(channel->no, request.user_id()));
  if (row.last_seq == 0 && !row.opt_out_ms.has_value() &&
      row.sealed_username.empty()) {
    return ConversationNotFound(request);
  }
  v1::Conversation conversation = Describe(*channel, row);
  LINKTOR_TRY(AddOwner(row, conversation));
  int messages = 0;
  LINKTOR_TRY(AddMessages(*channel, conversation, messages));
  return conversation;
}

absl::StatusOr<v1::ListConversationsResponse> Conversations::List(
    const v1::ListConversationsRequest& request) {
  const channels::ChannelRegistry::EntryPtr channel =
      deps_.registry.Find(request.channel_id());
  if (channel == nullptr)
    return channels::ChannelNotFound(request.channel_id());
  std::int64_t end_seq = deps_.log.last_seq();
  std::int64_t last_seq = end_seq;
  if (!request.page_token().empty()) {
    LINKTOR_ASSIGN(
        const events::ListPlace token,
        events::ReadListToken(events::LogList::kConversations, cursors_,
                              end_seq, request.page_token(), 1));
    end_seq = token.end_seq;
    last_seq = std::min(token.numbers[0], end_seq);
  }
  const int page_size = PageSizeOf(request.page_size());
  v1::ListConversationsResponse page;
  page.set_cursor(cursors_.Encode(end_seq));
  std::size_t bytes = 0;
  int messages = 0;
  // One more row tells whether the list goes on.
  const std::size_t most = request.unanswered_only()
                               ? kMaxLookedAt
                               : static_cast<std::size_t>(page_size);
  LINKTOR_ASSIGN(
      const std::vector<state::ConversationRow> rows,
      deps_.state.LatestConversations(channel->no, last_seq, most + 1));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (page.conversations_size() == page_size || bytes >= kMaxPageBytes ||
        messages >= kMaxMessages || i == kMaxLookedAt) {
      page.set_next_page_token(events::MakeListToken(
          events::LogList::kConversations, cursors_, end_seq, {last_seq}));
      break;
    }
    last_seq = rows[i].last_message_seq - 1;
    v1::Conversation conversation = Describe(*channel, rows[i]);
    LINKTOR_TRY(AddMessages(*channel, conversation, messages));
    if (request.unanswered_only() && conversation.unanswered_count() == 0) {
      continue;
    }
    LINKTOR_TRY(AddOwner(rows[i], conversation));
    bytes += conversation.ByteSizeLong();
    *page.add_conversations() = std::move(conversation);
  }
  return page;
}

absl::Status Conversations::AddOwner(const state::ConversationRow& row,
                                     v1::Conversation& conversation) {
  if (row.owner_seq == 0) return absl::OkStatus();
  LINKTOR_ASSIGN(const state::EventReader::Page page,
                 deps_.events.Read({.after_seq = row.owner_seq - 1,
                                    .last_seq = row.owner_seq},
                                   [](auto, auto, auto) { return true; }));
  // There is none when it was trimmed.
  for (const state::CommittedEvent& event : page.events) {
    const v1::Event whole = state::MergeEvent(event);
    if (!whole.has_handover()) continue;
    v1::ThreadOwner& owner = *conversation.mutable_thread_owner();
    owner.set_app_id(whole.handover().new_owner_app_id());
    *owner.mutable_control_time() =
        whole.has_event_time() ? whole.event_time() : whole.receive_time();
  }
  return absl::OkStatus();
}

absl::Status Conversations::AddMessages(const channels::ChannelEntry& channel,
                                        v1::Conversation& conversation,
                                        int& messages) {
  bool answered = false;
  int unanswered = 0;
  LINKTOR_TRY(deps_.messages.Newest(
      channel, conversation.user_id(), [&](v1::Message message) {
        ++messages;
        const v1::MessageState state = message.state();
        if (message.direction() == v1::MESSAGE_DIRECTION_INBOUND) {
          if (!answered && state != v1::MESSAGE_STATE_RETRACTED) ++unanswered;
          if (!conversation.has_last_inbound_message()) {
            *conversation.mutable_last_inbound_message() = std::move(message);
          }
        } else if (message.direction() == v1::MESSAGE_DIRECTION_OUTBOUND) {
          answered = answered || state != v1::MESSAGE_STATE_FAILED;
          if (!conversation.has_last_outbound_message()) {
            *conversation.mutable_last_outbound_message() = std::move(message);
          }
        }
        return !answered || !conversation.has_last_inbound_message();
      }));
  conversation.set_unanswered_count(unanswered);
  return absl::OkStatus();
}

absl::StatusOr<v1::Conversation> Conversations::Update(
    const v1::UpdateConversationRequest& request) {
  const v1::Conversation& wanted = request.conversation();
  const channels::ChannelRegistry::EntryPtr channel =
      deps_.registry.Find(wanted.channel_id());
  if (channel == nullptr) return channels::ChannelNotFound(wanted.channel_id());
  journal::Record record =
      journal::NewRecord(absl::ToUnixMillis(deps_.clock.Now()));
  journal::SetOptOut& opt_out = *record.mutable_set_opt_out();
  opt_out.set_channel_no(channel->no);
  opt_out.set_user_id(wanted.user_id());
  opt_out.set_opted_out(wanted.opted_out());
  LINKTOR_ASSIGN(const auto answer,
                 journal::AppendAs<state::ConversationAnswer>(
                     deps_.journal, std::move(record)));
  if (!answer.live) return channels::ChannelNotFound(wanted.channel_id());
  v1::Conversation conversation = Describe(*channel, answer.row);
  LINKTOR_TRY(AddOwner(answer.row, conversation));
  return conversation;
}

absl::StatusOr<v1::EraseUserResponse> Conversations::Erase(
    const v1::EraseUserRequest& request) {
  LINKTOR_ASSIGN(const std::vector<std::int64_t> channels,
                 deps_.state.ChannelNumbers(request.channel_id()));
  if (channels.empty()) return channels::ChannelNotFound(request.channel_id());
  journal::Record record =
      journal::NewRecord(absl::ToUnixMillis(deps_.clock.Now()));
  journal::EraseUser& body = *record.mutable_erase_user();
  body.set_channel_id(request.channel_id());
  body.set_user_id(request.user_id());
  LINKTOR_ASSIGN(const auto answer, journal::AppendAs<state::EraseAnswer>(
                                        deps_.journal, std::move(record)));
  if (answer.in_flight) return SendInFlight(request);
  v1::EraseUserResponse response;
  response.set_found(answer.found);
  return response;
}

v1::Conversation Conversations::Describe(const channels::ChannelEntry& channel,
                                         const state::ConversationRow& row) {
  v1::Conversation conversation;
  conversation.set_channel_id(channel.channel.id());
  conversation.set_user_id(row.user_id);
  if (!row.sealed_username.empty()) {
    // A name that cannot be opened is treated as one that is not known: the
    // rest of the answer is still of use.
    auto name = deps_.sealer.Open(seal::SealedPlace::kUsername, row.user_id,
                                  row.sealed_username);
    if (name.ok()) conversation.set_username(*std::move(name));
  }
  if (row.last_inbound_ms.has_value()) {
    const std::int64_t last = *row.last_inbound_ms;
    *conversation.mutable_last_inbound_time() =
        TimeUtil::MillisecondsToTimestamp(last);
    *conversation.mutable_window_close_time() =
        TimeUtil::MillisecondsToTimestamp(last + policy::kMessagingWindowMs);
    *conversation.mutable_human_agent_close_time() =
        TimeUtil::MillisecondsToTimestamp(last + policy::kHumanAgentWindowMs);
    conversation.set_window(
        WindowAt(last, absl::ToUnixMillis(deps_.clock.Now())));
  }
  conversation.set_opted_out(row.opt_out_ms.has_value());
  if (row.opt_out_ms.has_value()) {
    *conversation.mutable_opt_out_time() =
        TimeUtil::MillisecondsToTimestamp(*row.opt_out_ms);
  }
  return conversation;
}

}  // namespace linktor::messaging
