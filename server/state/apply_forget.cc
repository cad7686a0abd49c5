// This part of Apply erases people, and everything that a channel knew. The
// first record of an erasure destroys data keys, and changes as many rows as
// one record may change. EraseOn records change the rest. A record that erases
// anything also notes that an erasure is due. When that erasure is carried out,
// the old bytes disappear from the files, too (journal/erasure_worker.h).

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "server/base/try.h"
#include "server/state/applier.h"

namespace linktor::state {

absl::StatusOr<Answer> Applier::ApplyEraseUser(const journal::EraseUser& body,
                                               Context& context) {
  EraseAnswer answer;
  LINKTOR_ASSIGN(const std::vector<std::int64_t> channels,
                 ReadChannelNumbers(database_, body.channel_id()));
  for (const std::int64_t channel_no : channels) {
    LINKTOR_ASSIGN(answer.in_flight,
                   messages_.HasPending(channel_no, body.user_id()));
    if (answer.in_flight) return answer;
  }
  for (const std::int64_t channel_no : channels) {
    Forgetting person{.channel_no = channel_no, .user_id = body.user_id()};
    LINKTOR_ASSIGN(const bool found,
                   BeginForgetting(person, body.channel_id(), context));
    answer.found = answer.found || found;
  }
  answer.more = context.effects.erasing;
  return answer;
}

// Nothing in this function may depend on which heads or mids are in memory,
// because this differs between instances (data folders).
absl::StatusOr<bool> Applier::BeginForgetting(Forgetting& person,
                                              const std::string& channel_id,
                                              Context& context) {
  LINKTOR_ASSIGN(
      const ConversationHead head,
      conversations_.heads().Find(person.channel_no, person.user_id));
  person.through_seq = head.last_seq;
  person.next_seq = head.last_seq;
  // A person has few data keys: there are several only when two threads have
  // made a key at the same time. A person may have some thousand sends, and has
  // few rows of the other kinds. All of these rows are cleaned now, because
  // later rows belong to a new conversation.
  constexpr int kAll = std::numeric_limits<int>::max();
  LINKTOR_ASSIGN(const int keys, DestroyKeys(person, kAll, context));
  LINKTOR_ASSIGN(const bool known,
                 conversations_.Forget(person.channel_no, person.user_id));
  LINKTOR_ASSIGN(const int sends, ForgetSends(person, kAll));
  LINKTOR_ASSIGN(const int rest, ForgetRest(person, kAll));
  const bool found = known || sends > 0 || rest > 0;
  // There may be data keys and nothing else: a duplicate item, or a call that
  // repeats a request id, makes a key but stores nothing else.
  if (!found && keys == 0) return false;
  context.effects.forgotten_people.push_back({.channel_no = person.channel_no,
                                              .user_id = person.user_id,
                                              .channel_id = channel_id,
                                              .through_seq = state_.last_seq});
  LINKTOR_ASSIGN(const bool done, ForgetPerson(person, context));
  if (!done) {
    LINKTOR_TRY(forgettings_.Save(person));
    context.effects.erasing = true;
  }
  NoteErasure(context);
  return found;
}

absl::StatusOr<int> Applier::DestroyKeys(const Forgetting& of, int limit,
                                         Context& context) {
  LINKTOR_ASSIGN(const std::vector<std::int64_t> keys,
                 forgettings_.KeysOf(of, limit));
  for (const std::int64_t id : keys) {
    LINKTOR_TRY(DestroyKey(id, context));
  }
  return static_cast<int>(keys.size());
}

absl::Status Applier::ForgetEvent(std::int64_t seq, std::string_view mid_key,
                                  Context& context) {
  LINKTOR_TRY(erasures_.EraseEvent(seq));
  // The event may replace an instagram.unknown event. The row of that event
  // need not name the person.
  LINKTOR_ASSIGN(const std::int64_t replaced, redrives_.ReplacedBy(seq));
  if (replaced != 0) {
    LINKTOR_TRY(erasures_.EraseEvent(replaced));
    context.effects.erased_events.push_back(replaced);
  }
  if (!mid_key.empty()) LINKTOR_TRY(erasures_.EraseItems(mid_key));
  LINKTOR_TRY(forgettings_.ForgetEvent(seq));
  context.effects.forgotten_events.push_back(seq);
  return absl::OkStatus();
}

absl::StatusOr<int> Applier::ForgetSends(const Forgetting& of, int limit) {
  LINKTOR_ASSIGN(const auto sends, forgettings_.SendsOf(of, limit));
  for (const ForgettingTable::Send& send : sends) {
    for (const std::int64_t content : send.contents) {
      LINKTOR_TRY(erasures_.EraseContent(content));
    }
    LINKTOR_TRY(forgettings_.ForgetSend(send.no));
  }
  return static_cast<int>(sends.size());
}

absl::StatusOr<int> Applier::ForgetRest(const Forgetting& of, int limit) {
  LINKTOR_ASSIGN(const int rows, forgettings_.ForgetRest(of, limit));
  LINKTOR_ASSIGN(const int waiting,
                 waiting_.RemoveOf(of.channel_no, of.user_id, limit, state_));
  return std::max(rows, waiting);
}

absl::StatusOr<bool> Applier::ForgetPerson(Forgetting& person,
                                           Context& context) {
  for (int rows = 0; person.next_seq != 0 && rows < kForgetRows; ++rows) {
    LINKTOR_ASSIGN(const auto event, forgettings_.ReadEvent(person.next_seq));
    if (!event.has_value()) {
      // When this event is deleted, all older events are deleted, too.
      person.next_seq = 0;
      break;
    }
    LINKTOR_TRY(ForgetEvent(person.next_seq, event->mid_key, context));
    person.next_seq = event->before_seq;
  }
  return person.next_seq == 0;
}

// A deleted channel gets no webhooks any more. But the outcomes of its PENDING
// sends are still to come, and each outcome makes an event. So the erasure of a
// channel is done when no send is PENDING and all events were looked at.
absl::StatusOr<EraseAnswer> Applier::ForgetChannel(Forgetting& channel,
                                                   Context& context) {
  EraseAnswer answer{.more = true};
  LINKTOR_ASSIGN(const int keys, DestroyKeys(channel, kForgetRows, context));
  if (keys == kForgetRows) return answer;
  const std::int64_t after_seq =
      std::max(channel.next_seq, state_.oldest_seq - 1);
  channel.next_seq = std::min(after_seq + kForgetLook, state_.last_seq);
  LINKTOR_ASSIGN(const auto seqs,
                 forgettings_.EventsOf(channel.channel_no, after_seq,
                                       channel.next_seq, kForgetRows));
  if (seqs.size() == std::size_t{kForgetRows}) channel.next_seq = seqs.back();
  for (const std::int64_t seq : seqs) {
    LINKTOR_ASSIGN(const auto event, forgettings_.ReadEvent(seq));
    LINKTOR_TRY(ForgetEvent(seq, event.has_value() ? event->mid_key : RawId(),
                            context));
  }
  if (channel.next_seq < state_.last_seq) return answer;
  LINKTOR_ASSIGN(const int sends, ForgetSends(channel, kForgetRows));
  LINKTOR_ASSIGN(const int rest, ForgetRest(channel, kForgetRows));
  LINKTOR_ASSIGN(const std::size_t conversations,
                 conversations_.ForgetChannel(channel.channel_no, kForgetRows));
  answer.more = sends == kForgetRows || rest == kForgetRows ||
                conversations == kForgetRows;
  if (answer.more) return answer;
  LINKTOR_ASSIGN(answer.waiting, forgettings_.HasPending(channel.channel_no));
  return answer;
}

absl::StatusOr<bool> Applier::BeginForgettingChannel(
    std::string_view channel_id, Context& context) {
  LINKTOR_ASSIGN(const std::vector<std::int64_t> channels,
                 ReadChannelNumbers(database_, channel_id));
  for (const std::int64_t channel_no : channels) {
    LINKTOR_ASSIGN(const bool fresh, channels_.MarkErased(channel_no));
    if (!fresh) continue;
    Forgetting channel{.channel_no = channel_no};
    LINKTOR_TRY(forgettings_.Save(channel));
    LINKTOR_TRY(conversations_.heads().MoveChannel(channel_no));
    LINKTOR_TRY(DestroyKeys(channel, kForgetRows, context).status());
    context.effects.forgotten_people.push_back(
        {.channel_no = channel_no,
         .user_id = {},
         .channel_id = std::string(channel_id),
         .through_seq = state_.last_seq});
    context.effects.erasing = true;
    NoteErasure(context);
  }
  return !channels.empty();
}

// Goes on with the first Forgetting (forgetting_table.h). A channel whose
// erasure must wait for PENDING sends does not hold up the other Forgettings,
// because it is put behind them.
absl::StatusOr<Answer> Applier::ApplyEraseOn(Context& context) {
  LINKTOR_ASSIGN(std::vector<Forgetting> forgettings, forgettings_.Oldest(2));
  if (forgettings.empty()) return EraseAnswer{};
  Forgetting& forgetting = forgettings.front();
  EraseAnswer answer;
  if (forgetting.user_id.empty()) {
    LINKTOR_ASSIGN(answer, ForgetChannel(forgetting, context));
  } else {
    LINKTOR_ASSIGN(const bool done, ForgetPerson(forgetting, context));
    answer.more = !done;
  }
  // A channel may wait for its PENDING sends for a minute and a half. The
  // EraseOn records that come meanwhile erase nothing, so no erasure is due for
  // them.
  if (!answer.waiting || !context.effects.forgotten_events.empty()) {
    NoteErasure(context);
  }
  if (answer.more) {
    LINKTOR_TRY(forgettings_.Save(forgetting));
    return answer;
  }
  LINKTOR_TRY(forgettings_.Remove(forgetting));
  answer.more = forgettings.size() > 1 && !answer.waiting;
  if (answer.waiting) {
    // Save gives it a new number, which puts it behind the other Forgettings.
    if (forgettings.size() > 1) forgetting.no = 0;
    LINKTOR_TRY(forgettings_.Save(forgetting));
  }
  return answer;
}

}  // namespace linktor::state
