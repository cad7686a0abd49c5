// The oracle's part that says what webhooks bring.

#include "tests/model/oracle.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace linktor {
namespace {

// Sealing adds version, key id, nonce and tag.
constexpr std::int64_t kSealedBytes = 1 + 8 + 12 + 16;
Oracle::ItemKey KeyOf(const state::ItemSpec& item) {
  return {item.channel.no, item.user,   item.kind,
          item.text,       item.target, item.event_ms};
}

}  // namespace

std::int64_t Oracle::Born(std::int64_t time_ms) const {
  const std::int64_t ahead_ms = time_ms + clock_offset_ms - expiry_ms;
  // Whoever wrote it by such a clock, it is no older than it is.
  if (std::abs(ahead_ms) > kMostAheadMs) return expiry_ms + kMostAheadMs;
  return expiry_ms + std::max<std::int64_t>(ahead_ms, 0);
}

bool Oracle::IsLive(std::int64_t channel_no) const {
  return std::any_of(channels.begin(), channels.end(), [&](const auto& c) {
    return c.channel.no == channel_no && !c.deleted;
  });
}

bool Oracle::IsDuplicate(const state::ItemSpec& item) const {
  if (item.mid.empty()) return seen.contains(KeyOf(item));
  const bool waits =
      item.kind == state::TestItem::kEcho &&
      std::any_of(held.begin(), held.end(), [&](const HeldEcho& one) {
        return one.item.channel.no == item.channel.no &&
               one.item.mid == item.mid;
      });
  return waits ||
         std::any_of(events.begin(), events.end(), [&](const Event& event) {
           return event.channel_no == item.channel.no &&
                  event.type == state::TypeOf(item.kind) &&
                  event.mid == item.mid;
         });
}

void Oracle::AddEvent(Event event) {
  event.seq = ++last_seq;
  event.born_ms = Born(event.time_ms);
  told.push_back(event.type + " " + event.user);
  if (!event.user.empty()) {
    std::int64_t& head = heads[{event.channel_no, event.user}];
    event.before_seq = std::exchange(head, event.seq);
    known.insert({event.channel_no, event.user});
  }
  events.push_back(std::move(event));
}

std::int64_t Oracle::AddRaw(std::int64_t now_ms, const state::ItemSpec& item,
                            bool has_event) {
  raws.push_back(
      {.no = ++last_raw,
       .delivery_no = last_delivery + 1,
       .bytes = static_cast<std::int64_t>(item.raw.size()) + kSealedBytes,
       .born_ms = Born(now_ms),
       .channel_no = item.channel.no,
       .mid =
           has_event || item.kind == state::TestItem::kIssue ? "" : item.mid});
  return last_raw;
}

state::DeliveryAnswer Oracle::Deliver(
    std::int64_t now_ms, const std::vector<state::ItemSpec>& items) {
  Oracle before;
  const bool may_fail = std::any_of(
      items.begin(), items.end(),
      [](const state::ItemSpec& item) { return item.user == kPoisonUser; });
  if (may_fail) before = *this;
  state::DeliveryAnswer answer;
  if (!DeliverItems(now_ms, items, answer)) {
    *this = std::move(before);
    answer = {.quarantined = true};
    for (const state::ItemSpec& item : items) {
      if (item.kind == state::TestItem::kIgnored) {
        ++answer.ignored;
      } else {
        ++answer.issues;
        AddRaw(now_ms, item, /*has_event=*/false);
      }
    }
  }
  deliveries.push_back({++last_delivery, now_ms, Born(now_ms), answer});
  return answer;
}

bool Oracle::DeliverItems(std::int64_t now_ms,
                          const std::vector<state::ItemSpec>& items,
                          state::DeliveryAnswer& answer) {
  for (const state::ItemSpec& item : items) {
    if (item.kind == state::TestItem::kIgnored) {
      ++answer.ignored;
      continue;
    }
    if (item.kind == state::TestItem::kIssue || !IsLive(item.channel.no)) {
      ++answer.issues;
      AddRaw(now_ms, item, /*has_event=*/false);
      continue;
    }
    if (IsDuplicate(item)) {
      ++answer.duplicates;
      continue;
    }
    if (item.user == kPoisonUser) return false;
    ++answer.events;
    if (item.mid.empty()) seen[KeyOf(item)] = Born(now_ms);
    Event event{.type = state::TypeOf(item.kind),
                .channel_no = item.channel.no,
                .user = item.user,
                .mid = item.mid,
                .text = item.text,
                .target = item.target,
                .event_ms = item.event_ms,
                .time_ms = now_ms,
                .raw = AddRaw(now_ms, item, /*has_event=*/true),
                .raw_json = item.raw};
    if (item.kind == state::TestItem::kReaction) {
      const Message* own = FindByMid(item.channel.no, item.target);
      event.message =
          own != nullptr ? own->id : state::MidKeyOf(item.channel, item.target);
    }
    if (item.kind != state::TestItem::kEcho) {
      AddEvent(std::move(event));
    } else if (!item.mid.empty() && IsPending(item.channel.no, item.user) &&
               FindByMid(item.channel.no, item.mid) == nullptr) {
      ++held_ever;
      held.push_back({item, std::move(event)});
    } else if (TellEcho(item, std::move(event))) {
      SettleByContent(item.channel.no, item.user, item.text, now_ms);
    }
    NoteActivity(item, now_ms);
  }
  return true;
}

void Oracle::NoteActivity(const state::ItemSpec& item, std::int64_t now_ms) {
  if (item.kind != state::TestItem::kMessage &&
      item.kind != state::TestItem::kPostback) {
    return;
  }
  const Customer customer{item.channel.no, item.user};
  // Instagram's time counts unless it is later than ours or there is none.
  const std::int64_t seen_ms =
      item.event_ms > 0 ? std::min(item.event_ms, now_ms) : now_ms;
  const auto [it, fresh] = activity.try_emplace(customer, seen_ms);
  // A wrong clock has written a time that is later than now.
  if (it->second < seen_ms || it->second > now_ms) it->second = seen_ms;
}

bool Oracle::TellEcho(const state::ItemSpec& item, Event event) {
  const std::int64_t time_ms = event.time_ms;
  const std::int64_t echo_ms = item.event_ms != 0 ? item.event_ms : time_ms;
  if (Message* own = FindByMid(item.channel.no, item.mid)) {
    own->echo_ms = echo_ms;
    event.message = own->id;
    AddEvent(std::move(event));
    return false;
  }
  AddEvent(std::move(event));
  if (item.mid.empty() || item.text.empty() || item.attachment) return false;
  loose.push_back({.channel_no = item.channel.no,
                   .user = item.user,
                   .text = item.text,
                   .mid = item.mid,
                   .echo_ms = echo_ms,
                   .born_ms = Born(time_ms)});
  return true;
}

}  // namespace linktor
