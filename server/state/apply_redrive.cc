// This part of Apply applies Redrive records. They bring stored items that were
// read again, because these items had no event of a known type when their
// webhook came.

#include <optional>
#include <utility>

#include "linktor/instagram/v1/event.pb.h"
#include "server/base/try.h"
#include "server/state/applier.h"

namespace linktor::state {

absl::StatusOr<Answer> Applier::ApplyRedrive(const journal::Redrive& body,
                                             Context& context) {
  LINKTOR_ASSIGN(const auto delivery, deliveries_.FindHead(body.delivery_no()));
  RedriveAnswer answer;
  std::int64_t events = 0;
  for (const journal::RedriveItem& again : body.items()) {
    RedriveEnd end = RedriveEnd::kNotKept;
    if (delivery.has_value() && delivery->id == body.delivery_id()) {
      LINKTOR_ASSIGN(end,
                     ApplyAgain(again, body, delivery->receive_ms, context));
    }
    if (end == RedriveEnd::kEvent) ++events;
    answer.ends.push_back(end);
  }
  if (events > 0) {
    LINKTOR_TRY(deliveries_.CountRedriven(body.delivery_no(), events));
  }
  return answer;
}

// The event gets the time at which its item came. So its receive_time is the
// same as if the event had been made at once. And an item to which Instagram
// gave no time does not open the messaging window from now on. But the age of
// the event begins now, so that the event is kept as long as other new events.
absl::StatusOr<RedriveEnd> Applier::ApplyAgain(
    const journal::RedriveItem& again, const journal::Redrive& body,
    std::int64_t receive_ms, Context& context) {
  const journal::WebhookItem& item = again.item();
  LINKTOR_ASSIGN(const auto stored, deliveries_.FindItem(again.raw_no()));
  if (!stored.has_value() || stored->delivery_no != body.delivery_no() ||
      stored->position != again.position()) {
    return RedriveEnd::kNotKept;
  }
  LINKTOR_ASSIGN(const RedriveEnd end, Judge(again, *stored, context));
  if (end != RedriveEnd::kEvent) return end;
  const std::int64_t replaces_seq = stored->unknown_seq.value_or(0);
  EventTable::Setting setting{.time_ms = receive_ms,
                              .appended_ms = context.time_ms(),
                              .raw_no = again.raw_no()};
  LINKTOR_ASSIGN(setting.decided,
                 DecideRedriveOf(replaces_seq, body.delivery_id()));
  LINKTOR_TRY(waiting_.Remove(item.mid_key(), state_));
  bool unsent = false;
  if (item.kind() == journal::ITEM_KIND_UNSEND) {
    LINKTOR_TRY(Retract(item.mid_key(), TimeOf(item, receive_ms), context));
  } else if (!item.mid_key().empty()) {
    LINKTOR_ASSIGN(const std::int64_t unsent_ms, RetractTime(item.mid_key()));
    unsent = unsent_ms != 0;
  }
  // Judge does not accept an echo that must be held, so the item's event gets
  // the next sequence.
  LINKTOR_TRY(redrives_.Add(again.raw_no(), state_.last_seq + 1, replaces_seq));
  if (!unsent) {
    LINKTOR_TRY(StoreItem(item, std::move(setting), context));
    return RedriveEnd::kEvent;
  }
  setting.raw_no = 0;
  LINKTOR_TRY(StoreItem(WithoutContent(item), std::move(setting), context));
  LINKTOR_TRY(EraseReplaced(again.raw_no(), replaces_seq, context));
  return RedriveEnd::kEvent;
}

absl::StatusOr<RedriveEnd> Applier::Judge(const journal::RedriveItem& again,
                                          const DeliveryTable::Item& stored,
                                          const Context& context) {
  const journal::WebhookItem& item = again.item();
  if (!stored.unknown_seq.has_value()) return RedriveEnd::kTyped;
  LINKTOR_ASSIGN(const bool redriven, redrives_.Has(again.raw_no()));
  if (redriven) return RedriveEnd::kTyped;
  if (stored.erased) return RedriveEnd::kErased;
  LINKTOR_ASSIGN(const bool live, channels_.IsLive(item.event().channel_no()));
  if (!live) return RedriveEnd::kNoChannel;
  // The person was erased while the item was being sealed (encrypted). The next
  // Redrive finds that the item is erased.
  LINKTOR_ASSIGN(const bool unreadable,
                 keys_.IsUnreadable(item.event().sealed()));
  if (unreadable) return RedriveEnd::kWaits;
  LINKTOR_ASSIGN(const bool duplicate, IsDuplicate(item, context));
  if (duplicate && !again.has_own_key()) return RedriveEnd::kDuplicate;
  if (item.kind() != journal::ITEM_KIND_ECHO) return RedriveEnd::kEvent;
  LINKTOR_ASSIGN(const bool hold, MustHold(item));
  return hold ? RedriveEnd::kWaits : RedriveEnd::kEvent;
}

absl::StatusOr<std::string> Applier::DecideRedriveOf(
    std::int64_t replaces_seq, std::string_view delivery_id) {
  RawId replaced;
  if (replaces_seq != 0) {
    LINKTOR_ASSIGN(replaced, events_.IdOf(replaces_seq));
  }
  v1::Event decided;
  decided.set_redrive_of(replaced.empty()
                             ? FormatId(kDeliveryPrefix, delivery_id)
                             : FormatId(kEventPrefix, replaced));
  return decided.SerializeAsString();
}

absl::Status Applier::EraseReplaced(std::int64_t raw_no,
                                    std::int64_t replaces_seq,
                                    Context& context) {
  LINKTOR_TRY(erasures_.EraseRaw(raw_no));
  NoteErasure(context);
  if (replaces_seq == 0) return absl::OkStatus();
  context.effects.erased_events.push_back(replaces_seq);
  return erasures_.EraseEvent(replaces_seq);
}

}  // namespace linktor::state
