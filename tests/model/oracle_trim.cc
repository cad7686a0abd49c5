// The oracle's part that says what is forgotten with time, and what is erased.

#include <algorithm>
#include <cstdlib>

#include "tests/model/oracle.h"

namespace linktor {
namespace {

constexpr std::int64_t kSeenAgeMs = 72 * state::kHourMs;
constexpr std::int64_t kRequestAgeMs = 7 * state::kDayMs;
constexpr std::int64_t kLooseAgeMs = 20 * state::kMinuteMs;
constexpr std::int64_t kCallAgeMs = 2 * state::kHourMs;

template <typename Rows, typename Condition>
std::int64_t Drop(Rows& rows, Condition condition) {
  return static_cast<std::int64_t>(std::erase_if(rows, condition));
}

// Drops from the front while the condition holds.
template <typename Row, typename Condition>
std::int64_t DropFront(std::vector<Row>& rows, Condition condition) {
  const auto kept = std::find_if_not(rows.begin(), rows.end(), condition);
  const std::int64_t count = kept - rows.begin();
  rows.erase(rows.begin(), kept);
  return count;
}

}  // namespace

void Oracle::PassTime(const state::TrimSpec& trim) {
  // The time since another Trim was counted by the one that came between.
  if (trim.measured_from_ms != expiry_ms || trim.elapsed_ms == 0) return;
  // Time passes as the appender has measured it, and at most twice as fast
  // while its clock is ahead.
  expiry_ms += trim.elapsed_ms;
  const std::int64_t ahead_ms = trim.now_ms + clock_offset_ms - expiry_ms;
  if (std::abs(ahead_ms) > kMostAheadMs) {
    clock_offset_ms = expiry_ms - trim.now_ms;
  } else if (ahead_ms > 0) {
    expiry_ms += std::min(ahead_ms, trim.elapsed_ms);
  }
}

std::int64_t Oracle::Trim(const state::TrimSpec& trim) {
  PassTime(trim);
  const std::int64_t events_from = expiry_ms - trim.event_age_ms;
  const std::int64_t raws_from = expiry_ms - trim.raw_age_ms;
  std::int64_t bytes = 0;
  for (const Raw& raw : raws) bytes += raw.bytes;
  std::int64_t gone = DropFront(raws, [&](const Raw& raw) {
    const bool old = bytes > trim.raw_max_bytes ||
                     raw.born_ms < std::max(raws_from, events_from);
    if (old) bytes -= raw.bytes;
    return old;
  });
  // An event waits for its item as received.
  gone += DropFront(events, [&](const Event& event) {
    return event.seq != last_seq && event.born_ms < events_from &&
           (event.raw == 0 || raws.empty() || event.raw < raws.front().no);
  });
  const std::int64_t kept =
      raws.empty() ? last_delivery : raws.front().delivery_no;
  gone += DropFront(deliveries, [&](const Delivery& delivery) {
    return delivery.no < kept && delivery.no < last_delivery &&
           delivery.born_ms < raws_from;
  });
  gone += Drop(seen, [&](const auto& item) {
    return item.second < expiry_ms - kSeenAgeMs;
  });
  for (Message& message : messages) {
    if (!message.request_id.empty() && !IsOpen(message.state) &&
        message.born_ms < expiry_ms - kRequestAgeMs) {
      message.request_id.clear();
      --ended_requests_;
      ++gone;
    }
  }
  gone += Drop(loose, [&](const LooseEcho& echo) {
    return echo.born_ms < expiry_ms - kLooseAgeMs;
  });
  gone += Drop(calls, [&](const Call& call) {
    return call.born_ms < expiry_ms - kCallAgeMs;
  });
  return gone;
}

std::int64_t Oracle::MostToTrim() const {
  const std::size_t most =
      std::max({events.size(), raws.size(), deliveries.size(), seen.size(),
                loose.size(), calls.size()});
  return std::max(static_cast<std::int64_t>(most), ended_requests_);
}

void Oracle::EraseRaw(std::int64_t no) {
  for (Raw& raw : raws) {
    if (raw.no == no) raw.erased = true;
  }
}

void Oracle::EraseEvent(Event& event) {
  event.erased = true;
  EraseRaw(event.raw);
}

void Oracle::Erase(std::int64_t channel_no, const std::string& mid) {
  const Message* own = FindByMid(channel_no, mid);
  for (Event& event : events) {
    // The event that tells of a send's end is found by the send, not by the
    // mid.
    const bool theirs =
        event.raw != 0 && event.channel_no == channel_no && event.mid == mid;
    const bool tells = own != nullptr && event.ended == own->id;
    if (!theirs && !tells) continue;
    EraseEvent(event);
    erased.insert(event.seq);
  }
  for (Message& message : messages) {
    if (&message == own) message.erased = true;
  }
  for (Raw& raw : raws) {
    if (raw.channel_no == channel_no && raw.mid == mid) raw.erased = true;
  }
  for (HeldEcho& echo : held) {
    if (echo.item.channel.no == channel_no && echo.item.mid == mid) {
      EraseEvent(echo.event);
    }
  }
  ++last_erasure;
}

void Oracle::Erased(std::int64_t through_no) {
  erased_through = std::max(erased_through, through_no);
}

std::int64_t Oracle::FirstSince(std::int64_t time_ms) const {
  for (const Event& event : events) {
    if (event.time_ms >= time_ms) return event.seq;
  }
  return last_seq + 1;
}

std::int64_t Oracle::OldestSeq() const {
  return events.empty() ? 1 : events.front().seq;
}

}  // namespace linktor
