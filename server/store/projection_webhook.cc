// Projection: what webhooks bring.

#include "linktor/instagram/v1/event.pb.h"
#include "server/base/try.h"
#include "server/policy/window.h"
#include "server/store/projection.h"

namespace linktor {
namespace {

// What an echo of our own send says beyond what Instagram sent.
std::string EchoOverlay(const MessageRow& row) {
  v1::Event overlay;
  v1::Message* message = overlay.mutable_message_echoed();
  message->set_id(FormatId(kMessagePrefix, row.id));
  message->set_origin(v1::MESSAGE_ORIGIN_API);
  message->set_request_id(row.request_id);
  message->set_settled_by(row.settled_by);
  message->set_attempt(row.attempt);
  return overlay.SerializeAsString();
}

}  // namespace

absl::StatusOr<Outcome> Projection::ApplyOne(const WebhookRecord& record) {
  LINKTOR_ASSIGN(const std::int64_t delivery_no, deliveries_.NextNumber());
  WebhookOutcome outcome;
  std::string first_issue;
  for (int i = 0; i < static_cast<int>(record.items.size()); ++i) {
    bool duplicate = false;
    LINKTOR_ASSIGN(const ItemFate fate,
                   ApplyItem(record, delivery_no, i, duplicate));
    if (duplicate) {
      ++outcome.duplicates;
    } else if (fate == ItemFate::kEvent) {
      ++outcome.events;
    } else if (fate == ItemFate::kIgnored) {
      ++outcome.ignored;
    } else {
      const WebhookItem& item = record.items[static_cast<std::size_t>(i)];
      outcome.issues += item.count;
      if (first_issue.empty()) {
        const std::string& issue = item.issue;
        first_issue = issue.empty() ? "the channel was deleted" : issue;
      }
    }
  }
  LINKTOR_TRY(deliveries_.Add(delivery_no, record, outcome, first_issue));
  return outcome;
}

absl::StatusOr<ItemFate> Projection::ApplyItem(const WebhookRecord& record,
                                               std::int64_t delivery_no,
                                               int position, bool& duplicate) {
  const WebhookItem& item = record.items[static_cast<std::size_t>(position)];
  if (item.fate == ItemFate::kIgnored) return ItemFate::kIgnored;
  bool live = false;
  if (item.fate == ItemFate::kEvent) {
    LINKTOR_ASSIGN(live, channels_.IsLive(item.event.channel_no));
  }
  if (live) {
    if (!item.mid_key.empty()) {
      LINKTOR_ASSIGN(const std::int64_t seq,
                     events_.mids().Find(item.mid_key, item.kind));
      duplicate = seq != 0;
    } else {
      LINKTOR_ASSIGN(const bool fresh,
                     events_.AddDedupeKey(item.dedupe_key, state_.log_ms));
      duplicate = !fresh;
    }
    if (duplicate) return ItemFate::kEvent;
  }
  std::int64_t raw_no = 0;
  if (!item.sealed_raw.empty()) {
    LINKTOR_ASSIGN(raw_no,
                   deliveries_.AddItem(delivery_no, position, item, state_));
  }
  if (!live) return ItemFate::kIssue;
  if (item.kind == ItemKind::kEcho) {
    LINKTOR_TRY(ApplyEcho(item, raw_no));
  } else {
    LINKTOR_ASSIGN(std::string overlay, TargetOverlay(item));
    LINKTOR_ASSIGN(const std::int64_t seq,
                   events_.Append(item.event,
                                  {.mid_key = item.mid_key,
                                   .kind = item.kind,
                                   .raw_no = raw_no,
                                   .overlay = std::move(overlay)},
                                  state_, committed_));
    (void)seq;
  }
  if (item.opens_window && !item.event.user_id.empty()) {
    // Instagram's time is held against log time, which never goes back: with a
    // clock that is set back for a while the customer's message would seem
    // older than it is for ever. Without one the record's time counts: log time
    // stays ahead for as long as a clock once was, and the window would stay
    // open with it.
    const std::int64_t received =
        item.event.event_ms > 0 ? state_.log_ms : record.time_ms;
    LINKTOR_TRY(conversations_.AdvanceLastInbound(
        item.event.channel_no, item.event.user_id,
        ActivityTime(item.event.event_ms, received)));
  }
  return ItemFate::kEvent;
}

// A reaction to a message of ours names it by our id, which only the tables
// know.
absl::StatusOr<std::string> Projection::TargetOverlay(const WebhookItem& item) {
  if (item.target_mid_key.empty()) return std::string();
  LINKTOR_ASSIGN(const auto own, messages_.FindByMid(item.target_mid_key));
  if (!own.has_value()) return std::string();
  v1::Event overlay;
  overlay.mutable_reaction()->set_message_id(FormatId(kMessagePrefix, own->id));
  return overlay.SerializeAsString();
}

absl::Status Projection::ApplyEcho(const WebhookItem& item,
                                   std::int64_t raw_no) {
  const std::int64_t echo_ms =
      item.event.event_ms != 0 ? item.event.event_ms : state_.log_ms;
  std::optional<MessageRow> own;
  if (!item.mid_key.empty()) {
    LINKTOR_ASSIGN(own, messages_.FindByMid(item.mid_key));
  }
  EventTable::Place place{
      .mid_key = item.mid_key, .kind = item.kind, .raw_no = raw_no};
  if (own.has_value()) {
    own->echo_ms = echo_ms;
    LINKTOR_TRY(messages_.Update(*own));
    place.overlay = EchoOverlay(*own);
  }
  LINKTOR_ASSIGN(const std::int64_t seq,
                 events_.Append(item.event, place, state_, committed_));
  if (own.has_value() || item.content_match.empty() || item.mid_key.empty()) {
    return absl::OkStatus();
  }
  LINKTOR_TRY(messages_.AddUnmatched(item,
                                     {.seq = seq,
                                      .echo_ms = echo_ms,
                                      .mid = item.mid,
                                      .mid_key = item.mid_key},
                                     state_.log_ms));
  return SettleByContent(item.event.channel_no, item.event.user_id,
                         item.content_match);
}

absl::StatusOr<Outcome> Projection::Quarantine(const WebhookRecord& record,
                                               std::string_view why) {
  AdvanceLogTime(record.time_ms);
  LINKTOR_TRY(AddKeys(record.new_keys));
  LINKTOR_ASSIGN(const std::int64_t delivery_no, deliveries_.NextNumber());
  WebhookOutcome outcome;
  outcome.quarantined = true;
  for (int i = 0; i < static_cast<int>(record.items.size()); ++i) {
    const WebhookItem& item = record.items[static_cast<std::size_t>(i)];
    if (item.fate == ItemFate::kIgnored) {
      ++outcome.ignored;
      continue;
    }
    outcome.issues += item.count;
    if (!item.sealed_raw.empty()) {
      LINKTOR_ASSIGN(const std::int64_t raw_no,
                     deliveries_.AddItem(delivery_no, i, item, state_));
      (void)raw_no;
    }
  }
  LINKTOR_TRY(deliveries_.Add(delivery_no, record, outcome, why));
  return outcome;
}

}  // namespace linktor
