// Webhooks, channels, customers and trimming; sends are in oracle_sends.cc.

#include "tests/model/oracle.h"

#include <algorithm>
#include <utility>

namespace linktor {
namespace {

// How long the id of a deleted channel is not given again.
constexpr std::int64_t kRestMs = 72 * kHourMs;
// What sealing adds: version, key id, nonce, tag.
constexpr std::int64_t kSealedBytes = 1 + 8 + 12 + 16;

template <typename Rows, typename Condition>
std::int64_t Drop(Rows& rows, Condition condition) {
  return static_cast<std::int64_t>(std::erase_if(rows, condition));
}

Oracle::ItemKey KeyOf(const ItemSpec& item) {
  return {item.channel.no, item.user,   item.kind,
          item.text,       item.target, item.event_ms};
}

bool IsOpen(v1::MessageState state) {
  return state == v1::MESSAGE_STATE_PENDING ||
         state == v1::MESSAGE_STATE_UNCONFIRMED;
}

}  // namespace

bool Oracle::IsLive(std::int64_t channel_no) const {
  return std::any_of(channels.begin(), channels.end(), [&](const auto& c) {
    return c.channel.no == channel_no && !c.deleted;
  });
}

bool Oracle::IsDuplicate(const ItemSpec& item) const {
  if (item.mid.empty()) {
    return seen.contains(KeyOf(item));
  }
  return std::any_of(events.begin(), events.end(), [&](const Event& event) {
    return event.channel_no == item.channel.no &&
           event.type == TypeOf(item.kind) && event.mid == item.mid;
  });
}

void Oracle::AddEvent(Event event) {
  event.seq = ++last_seq;
  event.log_ms = log_ms;
  told.push_back(event.type + " " + event.user);
  events.push_back(std::move(event));
}

std::int64_t Oracle::AddRaw(std::int64_t now_ms, const ItemSpec& item) {
  raws.push_back(
      {.no = ++last_raw,
       .delivery_no = last_delivery + 1,
       .bytes = static_cast<std::int64_t>(item.raw.size()) + kSealedBytes,
       .receive_ms = now_ms});
  return last_raw;
}

WebhookOutcome Oracle::Deliver(std::int64_t now_ms,
                               const std::vector<ItemSpec>& items) {
  Oracle before;
  const bool may_fail = std::any_of(
      items.begin(), items.end(),
      [](const ItemSpec& item) { return item.user == kPoisonUser; });
  if (may_fail) before = *this;
  WebhookOutcome outcome;
  if (!DeliverItems(now_ms, items, outcome)) {
    *this = std::move(before);
    log_ms = std::max(log_ms, now_ms);
    outcome = {.quarantined = true};
    for (const ItemSpec& item : items) {
      if (item.kind == TestItem::kIgnored) {
        ++outcome.ignored;
      } else {
        ++outcome.issues;
        AddRaw(now_ms, item);
      }
    }
  }
  deliveries.push_back({++last_delivery, now_ms, outcome});
  return outcome;
}

bool Oracle::DeliverItems(std::int64_t now_ms,
                          const std::vector<ItemSpec>& items,
                          WebhookOutcome& outcome) {
  log_ms = std::max(log_ms, now_ms);
  for (const ItemSpec& item : items) {
    if (item.kind == TestItem::kIgnored) {
      ++outcome.ignored;
      continue;
    }
    if (item.kind == TestItem::kIssue || !IsLive(item.channel.no)) {
      ++outcome.issues;
      AddRaw(now_ms, item);
      continue;
    }
    if (IsDuplicate(item)) {
      ++outcome.duplicates;
      continue;
    }
    if (item.user == kPoisonUser) return false;
    ++outcome.events;
    if (item.mid.empty()) {
      seen[KeyOf(item)] = log_ms;
    }
    Event event{.type = TypeOf(item.kind),
                .channel_no = item.channel.no,
                .user = item.user,
                .mid = item.mid,
                .text = item.text,
                .target = item.target,
                .event_ms = item.event_ms,
                .raw = AddRaw(now_ms, item),
                .raw_json = item.raw};
    if (item.kind == TestItem::kEcho) {
      ReceiveEcho(item, std::move(event));
    } else {
      if (item.kind == TestItem::kReaction) {
        const Message* own = FindByMid(item.channel.no, item.target);
        event.message =
            own != nullptr ? own->id : MidKeyOf(item.channel, item.target);
      }
      AddEvent(std::move(event));
    }
    if (item.kind == TestItem::kMessage || item.kind == TestItem::kPostback) {
      const Customer customer{item.channel.no, item.user};
      // Instagram's time, unless it is later than any clock has been; ours
      // when there is none.
      const std::int64_t seen_ms =
          item.event_ms > 0 ? std::min(item.event_ms, log_ms) : now_ms;
      auto [it, fresh] = activity.try_emplace(customer, seen_ms);
      it->second = std::max(it->second, seen_ms);
      known.insert(customer);
    }
  }
  return true;
}

void Oracle::ReceiveEcho(const ItemSpec& item, Event event) {
  const std::int64_t echo_ms = item.event_ms != 0 ? item.event_ms : log_ms;
  if (!item.mid.empty()) {
    for (Message& message : messages) {
      if (message.channel.no != item.channel.no || message.mid != item.mid) {
        continue;
      }
      message.echo_ms = echo_ms;
      event.message = message.id;
      AddEvent(std::move(event));
      return;
    }
  }
  AddEvent(std::move(event));
  if (item.mid.empty() || item.text.empty() || item.attachment) return;
  loose.push_back({.channel_no = item.channel.no,
                   .user = item.user,
                   .text = item.text,
                   .mid = item.mid,
                   .echo_ms = echo_ms,
                   .log_ms = log_ms});
  SettleByContent(item.channel.no, item.user, item.text);
}

bool Oracle::OptOut(const OptOutSpec& spec) {
  log_ms = std::max(log_ms, spec.now_ms);
  if (!IsLive(spec.channel.no)) return false;
  const Customer customer{spec.channel.no, spec.user};
  if (spec.opted_out) {
    opted_out.try_emplace(customer, spec.now_ms);
    known.insert(customer);
  } else {
    opted_out.erase(customer);
  }
  return true;
}

bool Oracle::Name(const TestChannel& channel, const std::string& user,
                  const std::string& name, std::int64_t now_ms) {
  log_ms = std::max(log_ms, now_ms);
  if (!IsLive(channel.no)) return false;
  names[{channel.no, user}] = name;
  known.insert({channel.no, user});
  return true;
}

std::string Oracle::AccountTaken(const TestChannel& channel) const {
  for (const Channel& other : channels) {
    if (other.deleted || other.channel.no == channel.no) continue;
    for (const std::string& mine : {channel.account, channel.page}) {
      if (!mine.empty() &&
          (mine == other.channel.account || mine == other.channel.page)) {
        return "ACCOUNT_ALREADY_CONNECTED";
      }
    }
  }
  return "";
}

std::string Oracle::Create(const TestChannel& channel, std::int64_t now_ms,
                           const std::string& request_id,
                           const std::string& fingerprint) {
  log_ms = std::max(log_ms, now_ms);
  for (const Channel& other : channels) {
    if (request_id.empty() || other.request_id != request_id) continue;
    return other.deleted || other.fingerprint != fingerprint
               ? "REQUEST_ID_REUSED"
               : "";
  }
  for (const Channel& other : channels) {
    if (other.channel.id == channel.id &&
        (!other.deleted || now_ms - other.delete_ms < kRestMs)) {
      return "CHANNEL_ALREADY_EXISTS";
    }
  }
  if (std::string taken = AccountTaken(channel); !taken.empty()) {
    return taken;
  }
  channels.push_back({.channel = channel,
                      .request_id = request_id,
                      .fingerprint = fingerprint});
  return "";
}

std::string Oracle::Update(const TestChannel& channel, std::int64_t revision,
                           std::int64_t now_ms, const Change& change) {
  log_ms = std::max(log_ms, now_ms);
  for (Channel& mine : channels) {
    if (mine.channel.no != channel.no || mine.deleted) continue;
    if (mine.revision != revision) return "changed";
    if (std::string taken = AccountTaken(channel); !taken.empty()) {
      return taken;
    }
    mine.channel = channel;
    mine.credentials = change.credentials.value_or(mine.credentials);
    mine.ice_breakers = change.ice_breakers.value_or(mine.ice_breakers);
    ++mine.revision;
    return "";
  }
  return "CHANNEL_NOT_FOUND";
}

std::string Oracle::Delete(const std::string& id, std::int64_t now_ms) {
  log_ms = std::max(log_ms, now_ms);
  for (Channel& channel : channels) {
    if (channel.channel.id != id || channel.deleted) continue;
    channel.deleted = true;
    channel.delete_ms = now_ms;
    channel.credentials.clear();
    ++channel.revision;
    return "";
  }
  return "CHANNEL_NOT_FOUND";
}

std::int64_t Oracle::Trim(const TrimRecord& trim) {
  log_ms = std::max(log_ms, trim.time_ms);
  std::int64_t gone = 0;
  while (events.size() > 1 && events.front().log_ms < trim.events_before_ms) {
    events.erase(events.begin());
    ++gone;
  }
  std::int64_t bytes = 0;
  for (const Raw& raw : raws) bytes += raw.bytes;
  while (!raws.empty() && (bytes > trim.raw_max_bytes ||
                           raws.front().receive_ms < trim.raw_before_ms)) {
    bytes -= raws.front().bytes;
    raws.erase(raws.begin());
    ++gone;
  }
  const std::int64_t kept =
      raws.empty() ? last_delivery : raws.front().delivery_no;
  gone += Drop(deliveries, [&](const Delivery& delivery) {
    return delivery.no < kept && delivery.no < last_delivery &&
           delivery.receive_ms < trim.raw_before_ms;
  });
  gone += Drop(seen, [&](const auto& item) {
    return item.second < trim.dedupe_before_ms;
  });
  for (Message& message : messages) {
    if (!message.request_id.empty() && !IsOpen(message.state) &&
        message.claim_ms < trim.requests_before_ms) {
      message.request_id.clear();
      --kept_requests_;
      ++gone;
    }
  }
  gone += Drop(loose, [&](const LooseEcho& echo) {
    return echo.log_ms < trim.echoes_before_ms;
  });
  gone += Drop(
      calls, [&](const Call& call) { return call.ms < trim.calls_before_ms; });
  return gone;
}

std::int64_t Oracle::MostToTrim() const {
  return static_cast<std::int64_t>(
      std::max({events.size(), raws.size(), deliveries.size(), seen.size(),
                kept_requests_, loose.size(), calls.size()}));
}

}  // namespace linktor
