#include "server/messaging/conversations.h"

#include <utility>

#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "server/base/try.h"
#include "server/policy/window.h"
#include "server/state/effects.h"

namespace linktor {
namespace {

using google::protobuf::util::TimeUtil;

}  // namespace

absl::StatusOr<v1::Conversation> Conversations::Get(
    const v1::GetConversationRequest& request) {
  const ChannelRegistry::EntryPtr channel =
      registry_.Find(request.channel_id());
  if (channel == nullptr) return ChannelNotFound(request.channel_id());
  LINKTOR_ASSIGN(const ConversationRow row,
                 state_.Conversation(channel->no, request.user_id()));
  return Describe(*channel, row);
}

absl::StatusOr<v1::Conversation> Conversations::Update(
    const v1::UpdateConversationRequest& request) {
  const v1::Conversation& wanted = request.conversation();
  const ChannelRegistry::EntryPtr channel = registry_.Find(wanted.channel_id());
  if (channel == nullptr) return ChannelNotFound(wanted.channel_id());
  journal::Record record = NewRecord(absl::ToUnixMillis(clock_.Now()));
  journal::SetOptOut& opt_out = *record.mutable_set_opt_out();
  opt_out.set_channel_no(channel->no);
  opt_out.set_user_id(wanted.user_id());
  opt_out.set_opted_out(wanted.opted_out());
  LINKTOR_ASSIGN(const auto answer,
                 AppendAs<ConversationAnswer>(journal_, std::move(record)));
  if (!answer.live) return ChannelNotFound(wanted.channel_id());
  return Describe(*channel, answer.row);
}

absl::StatusOr<v1::Conversation> Conversations::Describe(
    const ChannelEntry& channel, const ConversationRow& row) {
  v1::Conversation conversation;
  conversation.set_channel_id(channel.channel.id());
  conversation.set_user_id(row.user_id);
  if (!row.sealed_username.empty()) {
    // A name that cannot be opened is treated as one that is not known: the
    // rest of the answer is still of use.
    auto name =
        sealer_.Open(SealedPlace::kUsername, row.user_id, row.sealed_username);
    if (name.ok()) conversation.set_username(*std::move(name));
  }
  if (row.last_inbound_ms.has_value()) {
    const std::int64_t last = *row.last_inbound_ms;
    *conversation.mutable_last_inbound_time() =
        TimeUtil::MillisecondsToTimestamp(last);
    *conversation.mutable_window_close_time() =
        TimeUtil::MillisecondsToTimestamp(last + kMessagingWindowMs);
    *conversation.mutable_human_agent_close_time() =
        TimeUtil::MillisecondsToTimestamp(last + kHumanAgentWindowMs);
  }
  conversation.set_opted_out(row.opt_out_ms.has_value());
  if (row.opt_out_ms.has_value()) {
    *conversation.mutable_opt_out_time() =
        TimeUtil::MillisecondsToTimestamp(*row.opt_out_ms);
  }
  return conversation;
}

}  // namespace linktor
