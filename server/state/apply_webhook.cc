// This part of Apply is about webhooks: their items, the echoes among the
// items, and webhooks in quarantine (Applier::Quarantine).

#include <optional>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "linktor/instagram/v1/event.pb.h"
#include "server/base/try.h"
#include "server/kinds/table.h"
#include "server/policy/window.h"
#include "server/state/applier.h"
#include "server/state/event_encoding.h"
#include "server/state/expiry.h"

namespace linktor::state {
namespace {

using google::protobuf::util::TimeUtil;

// A webhook that is stored in quarantine has this sentence as its first issue.
constexpr std::string_view kQuarantined =
    "it could not be applied; the server's log says why";

// Returns the fields of an echo's event that depend on the send `own`,
// serialised. `own` is null when the echo is not known to belong to a send.
// create_time and send_time are set only here, and not in the event that Ingest
// made. If both had such a time, merging them could mix the two times.
std::string DecideEcho(const MessageRow* own, std::int64_t receive_ms) {
  v1::Event decided;
  v1::Message& message = *kinds::kMessageEchoed.mutable_message(decided);
  *message.mutable_create_time() = TimeUtil::MillisecondsToTimestamp(
      own == nullptr ? receive_ms : own->create_ms);
  if (own == nullptr) return decided.SerializeAsString();
  message.set_id(FormatId(kMessagePrefix, own->id));
  message.set_origin(v1::MESSAGE_ORIGIN_API);
  message.set_request_id(own->request_id);
  message.set_settled_by(own->settled_by);
  message.set_attempt(own->attempt);
  message.set_api_key_id(own->api_key_id);
  if (own->send_ms != 0) {
    *message.mutable_send_time() =
        TimeUtil::MillisecondsToTimestamp(own->send_ms);
  }
  return decided.SerializeAsString();
}

}  // namespace

std::int64_t Applier::TimeOf(const journal::WebhookItem& item,
                             std::int64_t time_ms) {
  return item.event().event_ms() != 0 ? item.event().event_ms() : time_ms;
}

journal::WebhookItem Applier::WithoutContent(const journal::WebhookItem& item) {
  journal::WebhookItem without = item;
  without.clear_sealed_raw();
  std::string& sealed = *without.mutable_event()->mutable_sealed();
  sealed.assign(sealed.size(), '\0');
  return without;
}

absl::StatusOr<Answer> Applier::ApplyWebhook(const journal::Webhook& body,
                                             Context& context) {
  DeliveryAnswer answer;
  // A webhook is refused as a whole when nobody could read one of its items;
  // see DeliveryAnswer::unreadable (effects.h).
  for (const journal::WebhookItem& item : body.items()) {
    LINKTOR_ASSIGN(answer.unreadable,
                   keys_.IsUnreadable(item.event().sealed()));
    if (!answer.unreadable) continue;
    LINKTOR_ASSIGN(answer.unreadable,
                   channels_.IsLive(item.event().channel_no()));
    if (answer.unreadable) return answer;
  }
  LINKTOR_ASSIGN(const std::int64_t delivery_no, deliveries_.NextNumber());
  std::string first_issue;
  for (int i = 0; i < body.items_size(); ++i) {
    const journal::WebhookItem& item = body.items(i);
    LINKTOR_ASSIGN(const ItemEnd end, ApplyItem(item, delivery_no, i, context));
    switch (end) {
      case ItemEnd::kEvent:
        ++answer.events;
        break;
      case ItemEnd::kDuplicate:
        ++answer.duplicates;
        break;
      case ItemEnd::kIgnored:
        ++answer.ignored;
        break;
      case ItemEnd::kIssue:
        answer.issues += item.count();
        if (first_issue.empty()) {
          first_issue =
              item.issue().empty() ? "the channel was deleted" : item.issue();
        }
        break;
    }
  }
  LINKTOR_TRY(deliveries_.Add(delivery_no, body, context.time_ms(), answer,
                              first_issue, state_));
  return answer;
}

absl::StatusOr<Applier::ItemEnd> Applier::ApplyItem(
    const journal::WebhookItem& item, std::int64_t delivery_no, int position,
    Context& context) {
  if (item.fate() == journal::ITEM_FATE_IGNORED) return ItemEnd::kIgnored;
  if (item.fate() == journal::ITEM_FATE_WAITS) {
    return ApplyWaiting(item, context);
  }
  bool live = false;
  if (item.fate() == journal::ITEM_FATE_EVENT) {
    LINKTOR_ASSIGN(live, channels_.IsLive(item.event().channel_no()));
  }
  if (!live) {
    LINKTOR_TRY(
        StoreRaw(item, delivery_no, position, /*unknown_seq=*/0).status());
    return ItemEnd::kIssue;
  }
  LINKTOR_ASSIGN(const bool duplicate, IsDuplicate(item, context));
  if (duplicate) return ItemEnd::kDuplicate;
  LINKTOR_TRY(waiting_.Remove(item.mid_key(), state_));
  if (item.kind() == journal::ITEM_KIND_UNSEND) {
    LINKTOR_TRY(
        Retract(item.mid_key(), TimeOf(item, context.time_ms()), context));
  } else if (!item.mid_key().empty()) {
    LINKTOR_ASSIGN(const std::int64_t unsent, RetractTime(item.mid_key()));
    if (unsent != 0) {
      LINKTOR_TRY(StoreItem(WithoutContent(item),
                            {.time_ms = context.time_ms()}, context));
      return ItemEnd::kEvent;
    }
  }
  // An item of an unknown kind is not an echo, so it is not held (see
  // MustHold), and its event gets the next sequence.
  std::optional<std::int64_t> unknown_seq;
  if (item.event().type() == kinds::kUnknownType) {
    unknown_seq = state_.last_seq + 1;
  }
  LINKTOR_ASSIGN(const std::int64_t raw_no,
                 StoreRaw(item, delivery_no, position, unknown_seq));
  LINKTOR_TRY(StoreItem(item,
                        {.time_ms = context.time_ms(),
                         .raw_no = raw_no,
                         .clear = context.ClearOf(position)},
                        context));
  return ItemEnd::kEvent;
}

absl::StatusOr<bool> Applier::IsKnown(std::string_view mid_key) {
  LINKTOR_ASSIGN(const auto events, events_.mids().FindContent(mid_key));
  if (!events.empty()) return true;
  LINKTOR_ASSIGN(const auto own, messages_.FindByMid(mid_key));
  if (own.has_value()) return true;
  LINKTOR_ASSIGN(const bool held, held_.HoldsMid(mid_key));
  if (held) return true;
  LINKTOR_ASSIGN(const bool received, deliveries_.HasItem(mid_key));
  if (received) return true;
  LINKTOR_ASSIGN(const std::int64_t unsent, RetractTime(mid_key));
  return unsent != 0;
}

// A waiting item counts as ignored, because it usually never becomes an event.
// It needs no dedupe key: when it is delivered again, it waits already, or its
// mid is known.
absl::StatusOr<Applier::ItemEnd> Applier::ApplyWaiting(
    const journal::WebhookItem& item, Context& context) {
  LINKTOR_ASSIGN(const bool live, channels_.IsLive(item.event().channel_no()));
  if (!live) return ItemEnd::kIgnored;
  LINKTOR_ASSIGN(const bool known, IsKnown(item.mid_key()));
  if (known) return ItemEnd::kIgnored;
  LINKTOR_TRY(waiting_.Add(item, context.time_ms(), state_));
  return ItemEnd::kIgnored;
}

// An item is due by the time at which its age began (expiry.h), so that a wrong
// clock cannot make it wait for ever. While it waited, an item of its message
// may have been stored without an event, for example in quarantine. That does
// not remove the waiting item, so IsKnown is asked again.
absl::StatusOr<Answer> Applier::ApplyRelease(
    const journal::ReleaseWaiting& body, Context& context) {
  const std::int64_t now_ms = BornMs(context.time_ms(), state_.expiry);
  LINKTOR_ASSIGN(
      const std::vector<WaitingItem> due,
      waiting_.TakeBorn(now_ms - body.grace_ms(), kReleaseItems, state_));
  ReleaseAnswer answer{.more = due.size() == std::size_t{kReleaseItems}};
  for (const WaitingItem& waiting : due) {
    const journal::WebhookItem& item = waiting.item;
    LINKTOR_ASSIGN(const bool live,
                   channels_.IsLive(item.event().channel_no()));
    if (!live) continue;
    LINKTOR_ASSIGN(const bool known, IsKnown(item.mid_key()));
    if (known) continue;
    LINKTOR_TRY(AppendEvent(item.event(),
                            {.time_ms = waiting.receive_ms,
                             .mid_key = item.mid_key(),
                             .kind = item.kind()},
                            context)
                    .status());
    ++answer.events;
  }
  return answer;
}

absl::StatusOr<std::int64_t> Applier::StoreRaw(
    const journal::WebhookItem& item, std::int64_t delivery_no, int position,
    std::optional<std::int64_t> unknown_seq) {
  if (item.sealed_raw().empty()) return 0;
  // Nothing is kept of an item for a channel that was erased.
  LINKTOR_ASSIGN(const bool erased, channels_.IsErased(item.raw_channel_no()));
  if (erased) return 0;
  return deliveries_.AddItem(delivery_no, position, item, unknown_seq, state_);
}

absl::Status Applier::StoreItem(const journal::WebhookItem& item,
                                EventTable::Setting setting, Context& context) {
  setting.mid_key = item.mid_key();
  setting.kind = item.kind();
  if (setting.mid_key.empty() && !item.target_mid_key().empty()) {
    setting.mid_key = item.target_mid_key();
    setting.kind = journal::ITEM_KIND_ABOUT;
  }
  if (item.kind() == journal::ITEM_KIND_ECHO) {
    LINKTOR_ASSIGN(const bool hold, MustHold(item));
    if (hold) return held_.Add(item, setting.time_ms, setting.raw_no, state_);
    return ApplyEcho(item, std::move(setting), context);
  }
  LINKTOR_ASSIGN(const std::string target, DecideTarget(item));
  setting.decided.append(target);
  std::optional<std::int64_t> activity_ms;
  if (item.opens_window()) {
    activity_ms =
        policy::ActivityTime(item.event().event_ms(), setting.time_ms);
  }
  const std::int64_t owner_ms =
      policy::ActivityTime(item.event().event_ms(), setting.time_ms);
  const std::int64_t receive_ms = setting.AgeFrom();
  LINKTOR_ASSIGN(
      const std::int64_t seq,
      AppendEvent(item.event(), std::move(setting), context, activity_ms));
  if (!item.names_owner() || item.event().user_id().empty()) {
    return absl::OkStatus();
  }
  return conversations_.SetOwner(
      item.event().channel_no(), item.event().user_id(),
      {.seq = seq, .time_ms = owner_ms, .receive_ms = receive_ms});
}

absl::StatusOr<bool> Applier::IsDuplicate(const journal::WebhookItem& item,
                                          const Context& context) {
  if (!item.dedupe_key().empty()) {
    LINKTOR_ASSIGN(
        const bool fresh,
        events_.AddDedupeKey(item.dedupe_key(),
                             BornMs(context.time_ms(), state_.expiry)));
    return !fresh;
  }
  LINKTOR_ASSIGN(const std::int64_t seq,
                 events_.mids().Find(item.mid_key(), item.kind()));
  if (seq != 0) return true;
  if (item.kind() != journal::ITEM_KIND_ECHO) return false;
  return held_.HoldsMid(item.mid_key());
}

// An event about a send of this server, such as a reaction, names the send by
// its message id. The webhook has only the mid. So the message id is looked up
// in the tables.
absl::StatusOr<std::string> Applier::DecideTarget(
    const journal::WebhookItem& item) {
  const kinds::Kind& kind = kinds::FindType(item.event().type());
  if (item.target_mid_key().empty() || kind.set_target == nullptr) {
    return std::string();
  }
  LINKTOR_ASSIGN(const auto own, messages_.FindByMid(item.target_mid_key()));
  if (!own.has_value()) return std::string();
  v1::Event decided;
  kind.set_target(FormatId(kMessagePrefix, own->id), decided);
  return decided.SerializeAsString();
}

// While a send to the customer is PENDING, the echo of this send may come
// before Instagram's answer. Only the answer names the mid of the send, so
// nobody knows yet whether the echo belongs to the send.
absl::StatusOr<bool> Applier::MustHold(const journal::WebhookItem& item) {
  if (item.mid_key().empty()) return false;
  LINKTOR_ASSIGN(
      const bool pending,
      messages_.HasPending(item.event().channel_no(), item.event().user_id()));
  if (!pending) return false;
  LINKTOR_ASSIGN(const auto own, messages_.FindByMid(item.mid_key()));
  return !own.has_value();
}

absl::Status Applier::ApplyEcho(const journal::WebhookItem& item,
                                EventTable::Setting setting, Context& context) {
  LINKTOR_ASSIGN(const bool loose, TellEcho(item, std::move(setting), context));
  if (!loose) return absl::OkStatus();
  return SettleByContent(item.event().channel_no(), item.event().user_id(),
                         item.content_match(), context);
}

absl::StatusOr<bool> Applier::TellEcho(const journal::WebhookItem& item,
                                       EventTable::Setting setting,
                                       Context& context) {
  const journal::NewEvent& event = item.event();
  const std::int64_t echo_ms = TimeOf(item, setting.time_ms);
  const std::int64_t born_ms = BornMs(setting.AgeFrom(), state_.expiry);
  std::optional<MessageRow> own;
  if (!item.mid_key().empty()) {
    LINKTOR_ASSIGN(own, messages_.FindByMid(item.mid_key()));
  }
  if (own.has_value() && own->user_id.empty()) {
    LINKTOR_TRY(TellForgottenEcho(item, std::move(setting), context));
    return false;
  }
  if (own.has_value()) {
    own->echo_ms = echo_ms;
    LINKTOR_TRY(messages_.Update(*own));
  }
  setting.decided.append(
      DecideEcho(own.has_value() ? &*own : nullptr, setting.time_ms));
  LINKTOR_ASSIGN(const std::int64_t seq,
                 AppendEvent(event, std::move(setting), context));
  if (own.has_value() || item.content_match().empty() ||
      item.mid_key().empty()) {
    return false;
  }
  LINKTOR_TRY(messages_.AddUnmatched({.seq = seq,
                                      .channel_no = event.channel_no(),
                                      .user_id = event.user_id(),
                                      .content_match = item.content_match(),
                                      .echo_ms = echo_ms,
                                      .born_ms = born_ms,
                                      .mid = item.mid(),
                                      .mid_key = item.mid_key()}));
  return true;
}

// The person was erased after the message was sent to them. So nothing that
// Instagram says about the message later is kept either.
absl::Status Applier::TellForgottenEcho(const journal::WebhookItem& item,
                                        EventTable::Setting setting,
                                        Context& context) {
  LINKTOR_TRY(erasures_.EraseRaw(setting.raw_no));
  NoteErasure(context);
  journal::NewEvent event = WithoutContent(item).event();
  event.clear_user_id();
  setting.decided = ErasedMark();
  setting.clear = nullptr;
  return AppendEvent(event, std::move(setting), context).status();
}

// Sends are settled by content only when the events of all echoes are made. If
// two echoes can belong to one send, the first echo must not settle the send
// before the second echo is known.
absl::Status Applier::Release(const std::vector<HeldEcho>& held,
                              Context& context) {
  std::vector<const journal::WebhookItem*> loose;
  for (const HeldEcho& echo : held) {
    LINKTOR_ASSIGN(const bool is_loose,
                   TellEcho(echo.item,
                            {.time_ms = echo.receive_ms,
                             .mid_key = echo.item.mid_key(),
                             .kind = journal::ITEM_KIND_ECHO,
                             .raw_no = echo.raw_no},
                            context));
    if (is_loose) loose.push_back(&echo.item);
  }
  for (const journal::WebhookItem* item : loose) {
    // When two echoes have the same content, the second call changes nothing.
    LINKTOR_TRY(SettleByContent(item->event().channel_no(),
                                item->event().user_id(), item->content_match(),
                                context));
  }
  return absl::OkStatus();
}

absl::StatusOr<Effects> Applier::Quarantine(const journal::Record& record) {
  const journal::Webhook& webhook = record.webhook();
  if (state_.expiry.time_ms == 0) state_.expiry.time_ms = record.time_ms();
  LINKTOR_ASSIGN(const std::int64_t delivery_no, deliveries_.NextNumber());
  DeliveryAnswer answer;
  answer.quarantined = true;
  for (int i = 0; i < webhook.items_size(); ++i) {
    const journal::WebhookItem& item = webhook.items(i);
    if (item.fate() == journal::ITEM_FATE_IGNORED) {
      ++answer.ignored;
      continue;
    }
    answer.issues += item.count();
    if (!item.sealed_raw().empty()) {
      LINKTOR_TRY(
          deliveries_.AddItem(delivery_no, i, item, /*unknown_seq=*/0, state_)
              .status());
    }
  }
  LINKTOR_TRY(deliveries_.Add(delivery_no, webhook, record.time_ms(), answer,
                              kQuarantined, state_));
  Effects effects;
  effects.answer = answer;
  return effects;
}

}  // namespace linktor::state
