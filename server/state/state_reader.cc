#include "server/state/state_reader.h"

#include <limits>
#include <type_traits>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "server/base/try.h"
#include "server/state/api_key_table.h"
#include "server/state/channel_table.h"
#include "server/state/conversation_table.h"
#include "server/state/delivery_table.h"
#include "server/state/event_table.h"
#include "server/state/expiry.h"
#include "server/state/forgetting_table.h"
#include "server/state/instance_table.h"
#include "server/state/key_table.h"
#include "server/state/log_state.h"
#include "server/state/message_table.h"
#include "server/state/waiting_item_table.h"

namespace linktor::state {
namespace {

// Runs `read`, a function from Database& to StatusOr<T>, in a snapshot.
template <typename Read>
std::invoke_result_t<Read, sqlite::Database&> InSnapshot(sqlite::ReadPool& pool,
                                                         Read read) {
  typename std::invoke_result_t<Read, sqlite::Database&>::value_type found{};
  LINKTOR_TRY(pool.Read([&](sqlite::Database& database) -> absl::Status {
    LINKTOR_ASSIGN(found, read(database));
    return absl::OkStatus();
  }));
  return found;
}

}  // namespace

absl::StatusOr<std::vector<ChannelRow>> StateReader::LiveChannels() {
  return InSnapshot(pool_, ReadLiveChannels);
}

absl::StatusOr<bool> StateReader::MayHaveStoredEvents(
    std::string_view channel_id) {
  return InSnapshot(pool_, [&](sqlite::Database& database) {
    return linktor::state::MayHaveStoredEvents(database, channel_id);
  });
}

absl::StatusOr<std::vector<ApiKeyRow>> StateReader::ApiKeys() {
  return InSnapshot(pool_, ReadApiKeys);
}

absl::StatusOr<std::optional<MessageRow>> StateReader::MessageById(
    std::string_view id) {
  return InSnapshot(pool_, [&](sqlite::Database& database) {
    return ReadMessageById(database, id);
  });
}

absl::StatusOr<std::optional<MessageRow>> StateReader::MessageByRequest(
    std::int64_t channel_no, std::string_view request_id) {
  return InSnapshot(pool_, [&](sqlite::Database& database) {
    return ReadMessageByRequest(database, channel_no, request_id);
  });
}

absl::StatusOr<std::vector<MessageRow>> StateReader::PendingMessages() {
  return InSnapshot(pool_, FindPending);
}

absl::StatusOr<std::int64_t> StateReader::CountUnconfirmed() {
  return InSnapshot(pool_, linktor::state::CountUnconfirmed);
}

absl::StatusOr<ConversationRow> StateReader::Conversation(
    std::int64_t channel_no, std::string_view user_id) {
  // The memory is read before the snapshot begins. So a head that is not found
  // in memory is in the snapshot.
  const auto newer = heads_.Find(channel_no, user_id);
  LINKTOR_ASSIGN(ConversationRow row,
                 InSnapshot(pool_, [&](sqlite::Database& database) {
                   return ReadConversation(database, channel_no, user_id);
                 }));
  if (newer.has_value()) row.SetHead(*newer);
  return row;
}

absl::StatusOr<std::vector<ConversationRow>> StateReader::LatestConversations(
    std::int64_t channel_no, std::int64_t last_seq, std::size_t limit) {
  // The memory is read before the snapshot begins, as in Conversation.
  auto recent = heads_.OfChannel(channel_no);
  return InSnapshot(pool_, [&](sqlite::Database& database) {
    return ReadLatestConversations(database, channel_no, last_seq, limit,
                                   std::move(recent));
  });
}

absl::StatusOr<std::vector<MessageRow>> StateReader::Sends(
    const SendBounds& bounds) {
  return InSnapshot(pool_, [&](sqlite::Database& database) {
    return ReadSends(database, bounds);
  });
}

absl::StatusOr<std::int64_t> StateReader::FirstSend() {
  return InSnapshot(pool_, ReadFirstSend);
}

absl::StatusOr<std::int64_t> StateReader::LastSend() {
  return InSnapshot(pool_, ReadLastSend);
}

absl::StatusOr<std::vector<std::int64_t>> StateReader::ChannelNumbers(
    std::string_view channel_id) {
  return InSnapshot(pool_, [&](sqlite::Database& database) {
    return ReadChannelNumbers(database, channel_id);
  });
}

absl::StatusOr<std::int64_t> StateReader::OldestSeq() {
  return InSnapshot(pool_, linktor::state::OldestSeq);
}

absl::StatusOr<std::int64_t> StateReader::OldestEventMs() {
  return InSnapshot(pool_, linktor::state::OldestEventMs);
}

absl::StatusOr<std::int64_t> StateReader::LastEventBefore(
    std::int64_t time_ms, std::int64_t last_seq) {
  return InSnapshot(pool_, [&](sqlite::Database& database) {
    return LastSeqBefore(database, time_ms, last_seq);
  });
}

absl::StatusOr<std::int64_t> StateReader::FirstSendBehind(std::int64_t seq) {
  return InSnapshot(pool_, [&](sqlite::Database& database) {
    return ReadFirstSendBehind(database, seq);
  });
}

absl::StatusOr<std::vector<DeliveryRow>> StateReader::Deliveries(
    std::int64_t before_no, int limit) {
  return InSnapshot(pool_, [&](sqlite::Database& database) {
    return ReadDeliveries(database, before_no, limit);
  });
}

absl::StatusOr<std::vector<DeliveryRow>> StateReader::FindDeliveries(
    const std::vector<RawId>& ids) {
  constexpr int kNamesAtOnce = 5000;
  absl::flat_hash_set<RawId> wanted(ids.begin(), ids.end());
  std::vector<DeliveryRow> found;
  std::int64_t before_no = std::numeric_limits<std::int64_t>::max();
  while (!wanted.empty()) {
    LINKTOR_ASSIGN(const std::vector<DeliveryName> names,
                   InSnapshot(pool_, [&](sqlite::Database& database) {
                     return ReadDeliveryNames(database, before_no,
                                              kNamesAtOnce);
                   }));
    if (names.empty()) break;
    before_no = names.back().no;
    for (const DeliveryName& name : names) {
      if (wanted.erase(name.id) == 0) continue;
      LINKTOR_ASSIGN(std::vector<DeliveryRow> rows, Deliveries(name.no + 1, 1));
      // The delivery may have been deleted since its name was read.
      if (rows.empty() || rows.front().no != name.no) continue;
      found.push_back(std::move(rows.front()));
    }
  }
  return found;
}

absl::StatusOr<std::vector<ReceivedItem>> StateReader::ItemsOf(
    std::int64_t delivery_no) {
  return InSnapshot(pool_, [&](sqlite::Database& database) {
    return ReadItemsOf(database, delivery_no);
  });
}

absl::StatusOr<StateReader::Since> StateReader::EventsSince(
    std::int64_t time_ms, std::int64_t last_seq) {
  return InSnapshot(
      pool_, [&](sqlite::Database& database) -> absl::StatusOr<Since> {
        Since since;
        LINKTOR_ASSIGN(since.oldest_seq, linktor::state::OldestSeq(database));
        LINKTOR_ASSIGN(since.first_seq,
                       FirstSeqSince(database, time_ms, last_seq));
        return since;
      });
}

absl::StatusOr<bool> StateReader::HasDueWaiting(std::int64_t now_ms,
                                                std::int64_t grace_ms) {
  return InSnapshot(
      pool_, [&](sqlite::Database& database) -> absl::StatusOr<bool> {
        LINKTOR_ASSIGN(const LogState log, LoadLogState(database));
        if (log.waiting_items == 0) return false;
        return HasWaitingItem(database, BornMs(now_ms, log.expiry) - grace_ms);
      });
}

absl::StatusOr<std::int64_t> StateReader::LastDueErasure() {
  return InSnapshot(pool_, linktor::state::LastDueErasure);
}

absl::StatusOr<bool> StateReader::HasForgetting() {
  return InSnapshot(pool_, linktor::state::HasForgetting);
}

absl::StatusOr<std::optional<journal::DataKey>> StateReader::FindKey(
    const seal::KeyScope& scope) {
  return InSnapshot(pool_, [&](sqlite::Database& database) {
    return ReadKeyOf(database, scope);
  });
}

absl::StatusOr<std::optional<journal::DataKey>> StateReader::FindKeyById(
    std::int64_t id) {
  return InSnapshot(
      pool_, [&](sqlite::Database& database) { return ReadKey(database, id); });
}

}  // namespace linktor::state
