#include "server/events/event_list.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/paging.h"
#include "server/base/try.h"
#include "server/events/filter.h"
#include "server/events/list_token.h"
#include "server/state/event_encoding.h"

namespace linktor::events {
namespace {

bool IsNewestFirst(const v1::ListEventsRequest& request) {
  return request.order() != v1::LIST_ORDER_OLDEST_FIRST;
}

LogList ListOf(const v1::ListEventsRequest& request) {
  return IsNewestFirst(request) ? LogList::kNewestEvents
                                : LogList::kOldestEvents;
}

// The time of each call that reads the log is bounded, because it holds up the
// writer's checkpoints.
constexpr std::int64_t kEventsAtOnce = 2000;

bool IsWithin(const v1::ListEventsRequest& request, std::int64_t receive_ms) {
  return (!request.has_since() || receive_ms >= LogTimeMs(request.since())) &&
         (!request.has_until() || receive_ms < LogTimeMs(request.until()));
}

}  // namespace

absl::StatusOr<v1::ListEventsResponse> EventList::List(
    const v1::ListEventsRequest& request, const StringSet& covered) {
  LINKTOR_ASSIGN(Span span, FindSpan(request));
  v1::ListEventsResponse page;
  page.set_cursor(cursors_.Encode(span.end_seq));
  LINKTOR_TRY(Fill(request, covered, span, page));
  if (span.after_seq < span.last_seq) {
    const std::int64_t place =
        IsNewestFirst(request) ? span.last_seq : span.after_seq;
    page.set_next_page_token(
        MakeListToken(ListOf(request), cursors_, span.end_seq, {place}));
  }
  return page;
}

absl::StatusOr<EventList::Span> EventList::FindSpan(
    const v1::ListEventsRequest& request) {
  Span span;
  span.end_seq = log_.last_seq();
  span.last_seq = span.end_seq;
  if (!request.page_token().empty()) LINKTOR_TRY(Continue(request, span));
  if (request.has_since()) {
    LINKTOR_ASSIGN(
        const state::StateReader::Since since,
        state_.EventsSince(LogTimeMs(request.since()), span.end_seq));
    if (!IsNewestFirst(request) && span.continued && span.after_seq > 0 &&
        span.after_seq + 1 < since.oldest_seq) {
      return CursorExpired(cursors_, since.oldest_seq);
    }
    span.after_seq = std::max(span.after_seq, since.first_seq - 1);
  }
  if (request.has_until()) {
    LINKTOR_ASSIGN(
        const std::int64_t last_seq,
        state_.LastEventBefore(LogTimeMs(request.until()), span.end_seq));
    span.last_seq = std::min(span.last_seq, last_seq);
  }
  return span;
}

absl::Status EventList::Continue(const v1::ListEventsRequest& request,
                                 Span& span) const {
  LINKTOR_ASSIGN(const ListPlace token,
                 ReadListToken(ListOf(request), cursors_, log_.last_seq(),
                               request.page_token(), 1));
  const std::int64_t place = std::min(token.numbers[0], token.end_seq);
  span.end_seq = token.end_seq;
  span.last_seq = IsNewestFirst(request) ? place : token.end_seq;
  span.after_seq = IsNewestFirst(request) ? 0 : place;
  span.continued = true;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<state::CustomerKey>> EventList::FindCustomer(
    const v1::ListEventsRequest& request) {
  if (!IsNewestFirst(request) || request.channel_ids_size() != 1 ||
      request.user_ids_size() != 1 || request.user_ids(0).empty()) {
    return std::nullopt;
  }
  LINKTOR_ASSIGN(const std::vector<std::int64_t> numbers,
                 state_.ChannelNumbers(request.channel_ids(0)));
  if (numbers.size() != 1) return std::nullopt;
  return state::CustomerKey{.channel_no = numbers.front(),
                            .user_id = request.user_ids(0)};
}

absl::Status EventList::Fill(const v1::ListEventsRequest& request,
                             const StringSet& covered, Span& span,
                             v1::ListEventsResponse& page) {
  const EventFilter filter(request, covered);
  const auto wants = [&filter](std::string_view type,
                               std::string_view channel_id,
                               std::string_view user_id) {
    return filter.Wants(type, channel_id, user_id);
  };
  LINKTOR_ASSIGN(const std::optional<state::CustomerKey> customer,
                 FindCustomer(request));
  const bool newest_first = IsNewestFirst(request);
  const int page_size = PageSizeOf(request.page_size());
  std::int64_t left_to_look = kMaxLookedAt;
  std::size_t bytes = 0;
  while (page.events_size() < page_size && bytes < kMaxPageBytes &&
         left_to_look > 0 && span.after_seq < span.last_seq) {
    const state::EventReader::Bounds bounds{
        .after_seq = span.after_seq,
        .last_seq = span.last_seq,
        .max_rows = static_cast<int>(std::min(left_to_look, kEventsAtOnce)),
        .max_events = page_size - page.events_size(),
        .max_bytes = kMaxPageBytes - bytes,
        .include_raw = request.include_raw(),
        .newest_first = newest_first};
    LINKTOR_ASSIGN(const state::EventReader::Page read,
                   customer.has_value()
                       ? reader_.ReadConversation(*customer, bounds, wants)
                       : reader_.Read(bounds, wants));
    if (!newest_first && span.continued &&
        span.after_seq + 1 < read.oldest_seq) {
      return CursorExpired(cursors_, read.oldest_seq);
    }
    for (const state::CommittedEvent& event : read.events) {
      // When a clock was set back, others stand between.
      if (!IsWithin(request, event.receive_ms)) continue;
      v1::Event& added = *page.add_events();
      added = state::MergeEvent(event);
      added.set_cursor(cursors_.Encode(event.seq));
      bytes += added.ByteSizeLong();
    }
    left_to_look -= read.looked_at;
    if (newest_first) {
      span.last_seq = read.through_seq - 1;
    } else {
      span.after_seq = read.through_seq;
      span.continued = true;
    }
  }
  return absl::OkStatus();
}

}  // namespace linktor::events
