// This part of Apply erases content. It does so for records that ask for an
// erasure, and for messages that their senders took back (unsend).

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "server/base/try.h"
#include "server/state/applier.h"

namespace linktor::state {

// Erases the message and destroys the data keys that the record names. It
// always notes that an erasure is due, also when there was nothing to
// overwrite.
absl::StatusOr<Answer> Applier::ApplyErase(const journal::Erase& body,
                                           Context& context) {
  if (!body.mid_key().empty()) {
    LINKTOR_ASSIGN(const auto own, messages_.FindByMid(body.mid_key()));
    LINKTOR_TRY(EraseMid(body.mid_key(), own, context));
  }
  for (const std::int64_t id : body.key_ids()) {
    LINKTOR_TRY(DestroyKey(id, context));
  }
  NoteErasure(context);
  return Done{};
}

absl::Status Applier::DestroyKey(std::int64_t id, Context& context) {
  LINKTOR_TRY(erasures_.DestroyKey(id));
  keys_.NoteDestroyed(id);
  context.effects.destroyed_keys.push_back(id);
  return absl::OkStatus();
}

void Applier::NoteErasure(Context& context) {
  // One number is enough for everything that a record erases.
  if (context.effects.due_erasure != 0) return;
  context.effects.due_erasure = ++state_.last_erasure_no;
}

// Overwrites every copy of the content of the message with that mid. The copies
// are in
// - the events that brought the content;
// - the send that has the mid, and the events about this send;
// - the instagram.unknown events that any of these events replace;
// - the received items and the held echoes that have the mid.
//
// It also removes the item that waits for the message. Two kinds of events
// stay, because they have no content of the message: the event that says that
// the message was unsent, and events about the message, such as reactions.
absl::Status Applier::EraseMid(std::string_view mid_key,
                               const std::optional<MessageRow>& own,
                               Context& context) {
  LINKTOR_ASSIGN(std::vector<std::int64_t> erased,
                 events_.mids().FindContent(mid_key));
  for (const std::int64_t seq : erased) {
    LINKTOR_TRY(erasures_.EraseEvent(seq));
  }
  if (own.has_value()) LINKTOR_TRY(erasures_.EraseMessage(*own, erased));
  // An event that a Redrive has made has the same content as the event that it
  // replaces.
  for (std::size_t i = 0, count = erased.size(); i < count; ++i) {
    LINKTOR_ASSIGN(const std::int64_t replaced,
                   redrives_.ReplacedBy(erased[i]));
    if (replaced == 0) continue;
    LINKTOR_TRY(erasures_.EraseEvent(replaced));
    erased.push_back(replaced);
  }
  LINKTOR_TRY(erasures_.EraseItems(mid_key));
  LINKTOR_TRY(erasures_.EraseHeld(mid_key));
  LINKTOR_TRY(waiting_.Remove(mid_key, state_));
  // The record may itself have brought an event that it has erased. The views
  // of the feed (effects.h) must not get the content of such an event.
  for (CommittedEvent& event : context.effects.events) {
    if (std::find(erased.begin(), erased.end(), event.seq) == erased.end()) {
      continue;
    }
    event.encoded = nullptr;
    event.sealed.clear();
  }
  auto& all = context.effects.erased_events;
  all.insert(all.end(), erased.begin(), erased.end());
  return absl::OkStatus();
}

absl::Status Applier::Retract(std::string_view mid_key, std::int64_t time_ms,
                              Context& context) {
  LINKTOR_ASSIGN(auto own, messages_.FindByMid(mid_key));
  LINKTOR_TRY(EraseMid(mid_key, own, context));
  NoteErasure(context);
  if (!own.has_value()) return absl::OkStatus();
  own->state = v1::MESSAGE_STATE_RETRACTED;
  own->retract_ms = time_ms;
  LINKTOR_TRY(messages_.Update(*own));
  context.effects.messages.push_back(*std::move(own));
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> Applier::RetractTime(std::string_view mid_key) {
  return events_.TimeOf(mid_key, journal::ITEM_KIND_UNSEND);
}

absl::Status Applier::RetractIfUnsent(const MessageRow& row, Context& context) {
  if (row.mid_key.empty()) return absl::OkStatus();
  LINKTOR_ASSIGN(const std::int64_t time_ms, RetractTime(row.mid_key));
  return time_ms == 0 ? absl::OkStatus()
                      : Retract(row.mid_key, time_ms, context);
}

}  // namespace linktor::state
