#include "server/messaging/message_list.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "server/base/paging.h"
#include "server/base/try.h"
#include "server/events/list_token.h"
#include "server/kinds/table.h"
#include "server/state/message_event.h"

namespace linktor::messaging {
namespace {

using google::protobuf::util::TimeUtil;

// The least number of rows that are read at once: of each kind as many as a
// page has are asked for, and a filter may hide some of them.
constexpr int kLeastRows = 50;
// The time of each call that reads the log is bounded, because it holds up the
// writer's checkpoints.
constexpr std::int64_t kRowsAtOnce = 2000;
// A clock may be set back by so many milliseconds, a day, and a list by times
// still has every send.
constexpr std::int64_t kSlackMs = 24LL * 60 * 60 * 1000;
// Newest gives out so many messages, which conversation.proto promises, and
// reads a few at a time: mostly the first ones are enough.
constexpr int kMostNewest = 100;
constexpr int kNewestRows = 8;

bool IsNewestFirst(const v1::ListMessagesRequest& request) {
  return request.order() != v1::LIST_ORDER_OLDEST_FIRST;
}

events::LogList ListOf(const v1::ListMessagesRequest& request) {
  return IsNewestFirst(request) ? events::LogList::kNewestMessages
                                : events::LogList::kOldestMessages;
}

// Returns true for the events that bring a message: the events of sends tell of
// messages that the table of sends has.
bool BringsMessage(std::string_view type) {
  const kinds::MidSet mids = kinds::FindType(type).mids;
  return mids == kinds::MidSet::kMessages || mids == kinds::MidSet::kEchoes ||
         mids == kinds::MidSet::kPostbacks;
}

bool WantsState(const v1::ListMessagesRequest& request,
                v1::MessageState state) {
  const auto& states = request.states();
  return states.empty() ||
         std::find(states.begin(), states.end(), state) != states.end();
}

// Returns whether messages that events brought may be in the wanted states.
bool WantsBrought(const v1::ListMessagesRequest& request) {
  return WantsState(request, v1::MESSAGE_STATE_RECEIVED) ||
         WantsState(request, v1::MESSAGE_STATE_SENT) ||
         WantsState(request, v1::MESSAGE_STATE_RETRACTED);
}

bool Wants(const v1::ListMessagesRequest& request, const v1::Message& message) {
  if (!WantsState(request, message.state())) return false;
  const std::int64_t ms =
      TimeUtil::TimestampToMilliseconds(message.create_time());
  return (!request.has_since() || ms >= events::LogTimeMs(request.since())) &&
         (!request.has_until() || ms < events::LogTimeMs(request.until()));
}

}  // namespace

// Events gives out the events that bring messages. It keeps the span that is
// left exact: events that were read ahead and not given out are read again for
// the next page.
class MessageList::Events {
 public:
  Events(state::EventReader& reader, const v1::ListMessagesRequest& request,
         const channels::ChannelEntry& channel, Span& left, int rows)
      : reader_(reader),
        request_(request),
        channel_(channel),
        left_(left),
        unread_(left),
        rows_(rows) {}

  // Returns the next event; null when there are no more, or when kMaxLookedAt
  // were looked at: then something is left.
  absl::StatusOr<const state::CommittedEvent*> Peek() {
    while (read_.empty() && !unread_.empty() && looked_at_ < kMaxLookedAt) {
      LINKTOR_TRY(ReadMore());
    }
    if (!read_.empty()) return &read_.front();
    left_ = unread_;
    return nullptr;
  }
  // Notes that the next event was given out or is not wanted.
  void Pop() {
    read_.pop_front();
    if (read_.empty()) {
      left_ = unread_;
    } else if (IsNewestFirst(request_)) {
      left_.last = read_.front().seq;
    } else {
      left_.after = read_.front().seq - 1;
    }
  }

 private:
  absl::Status ReadMore() {
    const bool newest_first = IsNewestFirst(request_);
    const state::EventReader::Bounds bounds{
        .after_seq = unread_.after,
        .last_seq = unread_.last,
        .max_rows =
            static_cast<int>(std::min(kMaxLookedAt - looked_at_, kRowsAtOnce)),
        .max_events = rows_,
        .newest_first = newest_first};
    const auto wants = [this](std::string_view type,
                              std::string_view channel_id,
                              std::string_view user_id) {
      return channel_id == channel_.channel.id() && BringsMessage(type) &&
             (request_.user_id().empty() || user_id == request_.user_id());
    };
    const state::CustomerKey customer{.channel_no = channel_.no,
                                      .user_id = request_.user_id()};
    LINKTOR_ASSIGN(state::EventReader::Page page,
                   newest_first && !customer.user_id.empty()
                       ? reader_.ReadConversation(customer, bounds, wants)
                       : reader_.Read(bounds, wants));
    looked_at_ += page.looked_at;
    if (newest_first) {
      unread_.last = page.through_seq - 1;
    } else {
      unread_.after = page.through_seq;
    }
    for (state::CommittedEvent& event : page.events) {
      // The id may have been another channel's before. The tests of Meta's
      // dashboard have no mid that counts, and GetMessage does not find them.
      if (event.channel_no == channel_.no && !event.mid_key.empty()) {
        read_.push_back(std::move(event));
      }
    }
    return absl::OkStatus();
  }

  state::EventReader& reader_;
  const v1::ListMessagesRequest& request_;
  const channels::ChannelEntry& channel_;
  // The first was not given out yet, and the second was not read yet.
  Span& left_;
  Span unread_;
  const int rows_;
  std::int64_t looked_at_ = 0;
  std::deque<state::CommittedEvent> read_;
};

// Sends gives out the sends of this server in the same way.
class MessageList::Sends {
 public:
  Sends(state::StateReader& state, const v1::ListMessagesRequest& request,
        state::SendBounds bounds, Span& left)
      : state_(state),
        request_(request),
        bounds_(std::move(bounds)),
        left_(left) {}

  // Returns the next send in a state that is wanted; null when there are no
  // more, or when kMaxLookedAt were looked at: then something is left.
  absl::StatusOr<const state::MessageRow*> Peek() {
    while (read_.empty() && bounds_.after_no < bounds_.last_no &&
           looked_at_ < kMaxLookedAt) {
      LINKTOR_TRY(ReadMore());
    }
    if (!read_.empty()) {
      // The next page need not look again at what stands before it.
      LeaveFrom(read_.front().no);
      return &read_.front();
    }
    left_ = {.after = bounds_.after_no, .last = bounds_.last_no};
    return nullptr;
  }
  // Notes that the next send was given out or is not wanted.
  void Pop() {
    read_.pop_front();
    if (read_.empty()) {
      left_ = {.after = bounds_.after_no, .last = bounds_.last_no};
    } else {
      LeaveFrom(read_.front().no);
    }
  }

 private:
  // Notes that the send of that number is the first that was not given out.
  void LeaveFrom(std::int64_t no) {
    if (bounds_.newest_first) {
      left_.last = no;
    } else {
      left_.after = no - 1;
    }
  }

  // Returns the bounds of what is read next. For a customer that is all that
  // is left, because an index leads to their sends. For a channel it is a few
  // numbers, because all sends within them are looked at.
  state::SendBounds Next() const {
    state::SendBounds next = bounds_;
    if (!next.user_id.empty()) return next;
    const std::int64_t most = std::min(kMaxLookedAt - looked_at_, kRowsAtOnce);
    if (next.newest_first) {
      next.after_no = std::max(next.after_no, next.last_no - most);
    } else {
      next.last_no = std::min(next.last_no, next.after_no + most);
    }
    return next;
  }

  absl::Status ReadMore() {
    const state::SendBounds now = Next();
    LINKTOR_ASSIGN(std::vector<state::MessageRow> rows, state_.Sends(now));
    const bool full = std::cmp_greater_equal(rows.size(), now.limit);
    const std::int64_t before = bounds_.last_no - bounds_.after_no;
    if (bounds_.newest_first) {
      bounds_.last_no = full ? rows.back().no - 1 : now.after_no;
    } else {
      bounds_.after_no = full ? rows.back().no : now.last_no;
    }
    looked_at_ += bounds_.user_id.empty()
                      ? before - (bounds_.last_no - bounds_.after_no)
                      : static_cast<std::int64_t>(rows.size());
    for (state::MessageRow& row : rows) {
      if (WantsState(request_, row.state)) read_.push_back(std::move(row));
    }
    return absl::OkStatus();
  }

  state::StateReader& state_;
  const v1::ListMessagesRequest& request_;
  // These bounds were not read yet, and this span was not given out yet.
  state::SendBounds bounds_;
  Span& left_;
  std::int64_t looked_at_ = 0;
  std::deque<state::MessageRow> read_;
};

absl::StatusOr<v1::ListMessagesResponse> MessageList::List(
    const v1::ListMessagesRequest& request) {
  const channels::ChannelRegistry::EntryPtr channel =
      registry_.Find(request.channel_id());
  if (channel == nullptr)
    return channels::ChannelNotFound(request.channel_id());
  LINKTOR_ASSIGN(Rest rest, FindRest(request));
  v1::ListMessagesResponse page;
  page.set_cursor(cursors_.Encode(rest.end_seq));
  const int page_size = PageSizeOf(request.page_size());
  std::size_t bytes = 0;
  LINKTOR_TRY(Walk(request, *channel, std::max(page_size, kLeastRows),
                   /*keep_rest=*/true, rest, [&](v1::Message message) {
                     bytes += message.ByteSizeLong();
                     *page.add_messages() = std::move(message);
                     return page.messages_size() < page_size &&
                            bytes < kMaxPageBytes;
                   }));
  if (!rest.events.empty() || !rest.sends.empty()) {
    page.set_next_page_token(TokenOf(request, rest));
  }
  return page;
}

absl::Status MessageList::Newest(const channels::ChannelEntry& channel,
                                 const std::string& user_id, Take take) {
  v1::ListMessagesRequest request;
  request.set_channel_id(channel.channel.id());
  request.set_user_id(user_id);
  LINKTOR_ASSIGN(Rest rest, FindRest(request));
  int taken = 0;
  return Walk(request, channel, kNewestRows, /*keep_rest=*/false, rest,
              [&](v1::Message message) {
                return take(std::move(message)) && ++taken < kMostNewest;
              });
}

std::string MessageList::TokenOf(const v1::ListMessagesRequest& request,
                                 const Rest& rest) const {
  return events::MakeListToken(
      ListOf(request), cursors_, rest.end_seq,
      {rest.events.after, rest.events.last, rest.sends.after, rest.sends.last});
}

absl::StatusOr<MessageList::Rest> MessageList::FindRest(
    const v1::ListMessagesRequest& request) {
  Rest rest;
  if (request.page_token().empty()) {
    // The end of the sends comes second: the stream after the end of the log
    // tells what becomes of those that were claimed in between.
    rest.end_seq = log_.last_seq();
    rest.events.last = rest.end_seq;
    LINKTOR_ASSIGN(rest.sends.last, state_.LastSend());
  } else {
    LINKTOR_TRY(ReadToken(request, rest));
    LINKTOR_ASSIGN(const std::int64_t oldest_seq, state_.OldestSeq());
    // Without it, what was deleted since the page before would be left out.
    if (!IsNewestFirst(request) && rest.events.after > 0 &&
        rest.events.after + 1 < oldest_seq) {
      return events::CursorExpired(cursors_, oldest_seq);
    }
  }
  if (request.user_id().empty()) {
    // Numbers of sends that were deleted are not looked at.
    LINKTOR_ASSIGN(const std::int64_t first_send, state_.FirstSend());
    rest.sends.after = std::max(rest.sends.after, first_send - 1);
  }
  LINKTOR_TRY(NarrowByTime(request, rest));
  if (!WantsBrought(request)) rest.events.after = rest.events.last;
  return rest;
}

// The bounds leave out only what cannot be within the times; Wants looks at
// each message's own. The times of sends need not follow those of events
// exactly, so their bounds are wider.
absl::Status MessageList::NarrowByTime(const v1::ListMessagesRequest& request,
                                       Rest& rest) {
  if (request.has_since()) {
    const std::int64_t since_ms = events::LogTimeMs(request.since());
    LINKTOR_ASSIGN(const state::StateReader::Since events,
                   state_.EventsSince(since_ms, rest.end_seq));
    rest.events.after = std::max(rest.events.after, events.first_seq - 1);
    LINKTOR_ASSIGN(const state::StateReader::Since around,
                   state_.EventsSince(since_ms - kSlackMs, rest.end_seq));
    // Sends are kept longer than events.
    if (around.first_seq > around.oldest_seq) {
      LINKTOR_ASSIGN(const std::int64_t first,
                     state_.FirstSendBehind(around.first_seq - 1));
      rest.sends.after = std::max(rest.sends.after, first - 1);
    }
  }
  if (request.has_until()) {
    const std::int64_t until_ms = events::LogTimeMs(request.until());
    LINKTOR_ASSIGN(const std::int64_t last_seq,
                   state_.LastEventBefore(until_ms, rest.end_seq));
    rest.events.last = std::min(rest.events.last, last_seq);
    LINKTOR_ASSIGN(const std::int64_t around,
                   state_.LastEventBefore(until_ms + kSlackMs, rest.end_seq));
    LINKTOR_ASSIGN(const std::int64_t oldest_seq, state_.OldestSeq());
    LINKTOR_ASSIGN(const std::int64_t behind,
                   state_.FirstSendBehind(std::max(around + 1, oldest_seq)));
    rest.sends.last = std::min(rest.sends.last, behind - 1);
  }
  return absl::OkStatus();
}

absl::Status MessageList::ReadToken(const v1::ListMessagesRequest& request,
                                    Rest& rest) const {
  LINKTOR_ASSIGN(
      const events::ListPlace token,
      events::ReadListToken(ListOf(request), cursors_, log_.last_seq(),
                            request.page_token(), 4));
  rest.end_seq = token.end_seq;
  rest.events.after = token.numbers[0];
  rest.events.last = std::min(token.numbers[1], token.end_seq);
  rest.sends.after = token.numbers[2];
  rest.sends.last = token.numbers[3];
  return absl::OkStatus();
}

// The next event and the next send are compared by their places in the log: a
// send stands behind the event that was the last when it was claimed.
absl::Status MessageList::Walk(const v1::ListMessagesRequest& request,
                               const channels::ChannelEntry& channel, int rows,
                               bool keep_rest, Rest& rest, Take take) {
  const bool newest_first = IsNewestFirst(request);
  Events events(events_, request, channel, rest.events, rows);
  Sends sends(state_, request,
              {.channel_no = channel.no,
               .user_id = request.user_id(),
               .after_no = rest.sends.after,
               .last_no = rest.sends.last,
               .limit = rows,
               .newest_first = newest_first},
              rest.sends);
  bool more = true;
  while (more || keep_rest) {
    LINKTOR_ASSIGN(const state::CommittedEvent* event, events.Peek());
    LINKTOR_ASSIGN(const state::MessageRow* send, sends.Peek());
    // Rows that were not looked at may come before those that were.
    if (event == nullptr && !rest.events.empty()) return absl::OkStatus();
    if (send == nullptr && !rest.sends.empty()) return absl::OkStatus();
    if (event == nullptr && send == nullptr) return absl::OkStatus();
    if (!more) return absl::OkStatus();
    const bool take_event =
        event != nullptr &&
        (send == nullptr || (event->seq > send->after_seq) == newest_first);
    std::optional<v1::Message> message;
    if (take_event) {
      LINKTOR_ASSIGN(message, reader_.OpenBrought(*event));
      events.Pop();
    } else {
      absl::StatusOr<v1::Message> opened = reader_.OpenSend(*send);
      // One that cannot be opened does not keep back the others.
      if (absl::IsDataLoss(opened.status()))
        opened = state::DescribeMessage(*send);
      LINKTOR_TRY(opened.status());
      message = *std::move(opened);
      sends.Pop();
    }
    if (!message.has_value() || !Wants(request, *message)) continue;
    more = take(*std::move(message));
  }
  return absl::OkStatus();
}

}  // namespace linktor::messaging
