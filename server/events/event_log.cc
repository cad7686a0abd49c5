#include "server/events/event_log.h"

#include <algorithm>
#include <map>
#include <utility>

#include "server/base/cause_log.h"
#include "server/base/log.h"
#include "server/base/try.h"
#include "server/state/event_encoding.h"

namespace linktor::events {

std::int64_t LogTimeMs(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1000 + (time.nanos() + 999'999) / 1'000'000;
}

EventLog::EventLog(journal::DataFolder& folder)
    : reader_(folder.events()),
      state_(folder.state()),
      sealer_(folder.sealer()),
      cursors_(folder.identity()),
      ring_(folder.last_seq(), kRingBytes),
      hub_(folder.last_seq()) {}

void EventLog::OnCommit(std::span<const journal::AppliedRecord> records) {
  Publish(records);
  std::vector<state::ForgottenPerson> people;
  for (const journal::AppliedRecord& one : records) {
    Erase(one.effects.erased_events, EncodeErased);
    Erase(one.effects.forgotten_events, EncodeForgotten);
    people.insert(people.end(), one.effects.forgotten_people.begin(),
                  one.effects.forgotten_people.end());
  }
  Forget(people);
}

void EventLog::Erase(std::vector<std::int64_t> seqs, Encode encode) {
  if (seqs.empty()) return;
  std::sort(seqs.begin(), seqs.end());
  ring_.Replace(
      seqs, [&](const EncodedEvent& event) { return encode(event, cursors_); });
  DropShared();
}

// Apply has cleaned only some of a person's events. The others may be anywhere
// in the ring, so the whole ring is looked at, once for all people of a commit.
// Later events, perhaps of the same commit, belong to another conversation. An
// event of the channel itself has no user.
void EventLog::Forget(std::span<const state::ForgottenPerson> people) {
  if (people.empty()) return;
  // A person may have been erased twice; the later erasure covers the other.
  std::map<std::pair<std::string_view, std::string_view>, std::int64_t> through;
  for (const state::ForgottenPerson& person : people) {
    std::int64_t& seq = through[{person.channel_id, person.user_id}];
    seq = std::max(seq, person.through_seq);
  }
  const auto is_covered = [&through](std::int64_t seq,
                                     const std::string& channel,
                                     std::string_view user) {
    const auto found = through.find({channel, user});
    return found != through.end() && seq <= found->second;
  };
  ring_.ReplaceIf(
      [&is_covered](const EncodedEvent& event) {
        return !event.user_id.empty() &&
               (is_covered(event.seq, event.channel_id, event.user_id) ||
                is_covered(event.seq, event.channel_id, ""));
      },
      [this](const EncodedEvent& event) {
        return EncodeForgotten(event, cursors_);
      });
  DropShared();
}

void EventLog::DropShared() {
  MutexLock lock(shared_mutex_);
  erasures_.fetch_add(1, std::memory_order_release);
  shared_.clear();
}

void EventLog::Publish(std::span<const journal::AppliedRecord> records) {
  std::vector<EncodedEvent> encoded;
  for (const journal::AppliedRecord& one : records) {
    for (const state::CommittedEvent& committed : one.effects.events) {
      state::CommittedEvent event = committed;
      if (const absl::Status opened = state::OpenEvent(sealer_, event);
          !opened.ok()) {
        // Live subscribers get what is readable; from the disk it can be had
        // whole when the key can be read again.
        LogCause(
            LogLevel::kError, "event content cannot be opened", "",
            {{"seq", std::to_string(event.seq)}, {"error", opened.ToString()}});
        event.sealed.clear();
        (void)state::OpenEvent(sealer_, event);
      }
      encoded.push_back(EncodeEvent(std::move(event), cursors_));
    }
  }
  if (encoded.empty()) return;
  const std::int64_t last = encoded.back().seq;
  ring_.Publish(std::move(encoded));
  hub_.Publish(last);
}

absl::StatusOr<std::int64_t> EventLog::Start(
    const v1::SubscribeEventsRequest& request) {
  switch (request.start_case()) {
    case v1::SubscribeEventsRequest::kAfterCursor:
      return StartAfter(request.after_cursor());
    case v1::SubscribeEventsRequest::kSince:
      return StartAt(request.since());
    case v1::SubscribeEventsRequest::kPosition:
    case v1::SubscribeEventsRequest::START_NOT_SET:
      break;
  }
  return request.position() == v1::POSITION_EARLIEST ? 0 : ring_.last_seq();
}

absl::StatusOr<std::int64_t> EventLog::StartAt(
    const google::protobuf::Timestamp& since) {
  LINKTOR_ASSIGN(const state::StateReader::Since since_time,
                 state_.EventsSince(LogTimeMs(since), ring_.last_seq()));
  // Before the stream reads, the oldest event may be deleted: then the next one
  // is the oldest that is kept, and 0 stands for whichever that is.
  return since_time.first_seq <= since_time.oldest_seq
             ? 0
             : since_time.first_seq - 1;
}

absl::StatusOr<std::int64_t> EventLog::StartAfter(const std::string& cursor) {
  LINKTOR_ASSIGN(const std::int64_t seq,
                 cursors_.Decode(cursor, ring_.last_seq()));
  LINKTOR_ASSIGN(const std::int64_t oldest_seq, state_.OldestSeq());
  if (seq + 1 < oldest_seq) return CursorExpired(cursors_, oldest_seq);
  return seq;
}

bool EventLog::ReadLive(const Want& want, const EventFilter& filter,
                        Batch& batch) const {
  if (want.after_seq >= ring_.last_seq()) {
    batch.through_seq = want.after_seq;
    return true;
  }
  if (want.include_raw) return false;
  std::vector<LiveRing::Segment> segments;
  if (!ring_.Read(want.after_seq, kMaxBatchBytes, segments)) return false;
  batch.through_seq = want.after_seq;
  for (const LiveRing::Segment& segment : segments) {
    for (const EncodedEvent& event : *segment) {
      if (event.seq <= want.after_seq) continue;
      if (filter.Wants(event.type, event.channel_id, event.user_id)) {
        if (batch.events == want.max_events ||
            (batch.events > 0 &&
             batch.wire.size() + event.wire.size() > kMaxBatchBytes)) {
          return true;
        }
        batch.wire.append(event.wire);
        ++batch.events;
      }
      batch.through_seq = event.seq;
    }
  }
  return true;
}

void EventLog::AppendPosition(std::int64_t through_seq, bool tell_backlog,
                              std::string& response) const {
  const std::int64_t last_seq = ring_.last_seq();
  v1::SubscribeEventsResponse tail;
  tail.set_cursor(Cursor(through_seq));
  tail.set_caught_up(through_seq >= last_seq);
  if (tell_backlog) {
    tail.set_backlog(std::max<std::int64_t>(last_seq - through_seq, 0));
  }
  // The fields of a message may come in any order.
  tail.AppendToString(&response);
}

EventLog::SharedResponsePtr EventLog::ReadShared(std::int64_t after_seq) {
  const std::int64_t last_seq = ring_.last_seq();
  if (after_seq >= last_seq) return nullptr;
  {
    MutexLock lock(shared_mutex_);
    for (const SharedResponsePtr& one : shared_) {
      if (one->after_seq == after_seq && one->last_seq == last_seq) return one;
    }
  }
  const std::uint64_t erasures = erasures_.load(std::memory_order_acquire);
  Batch batch;
  if (!ReadLive({.after_seq = after_seq}, EventFilter(), batch) ||
      batch.events == 0) {
    return nullptr;
  }
  auto made = std::make_shared<SharedResponse>();
  made->after_seq = after_seq;
  made->through_seq = batch.through_seq;
  made->last_seq = last_seq;
  made->bytes = std::move(batch.wire);
  AppendPosition(batch.through_seq, /*tell_backlog=*/true, made->bytes);
  MutexLock lock(shared_mutex_);
  // It may hold what has been erased since it was read.
  if (erasures != erasures_.load(std::memory_order_acquire)) return made;
  shared_.push_back(made);
  if (shared_.size() > kSharedPlaces) shared_.pop_front();
  return made;
}

absl::StatusOr<EventLog::Batch> EventLog::ReadStored(
    const Want& want, const EventFilter& filter) {
  LINKTOR_ASSIGN(
      state::EventReader::Page page,
      reader_.Read({.after_seq = want.after_seq,
                    .last_seq = ring_.last_seq(),
                    .max_events = want.max_events,
                    .max_bytes = kMaxBatchBytes,
                    .include_raw = want.include_raw},
                   [&filter](std::string_view type, std::string_view channel_id,
                             std::string_view user_id) {
                     return filter.Wants(type, channel_id, user_id);
                   }));
  if (want.after_seq != 0 && want.after_seq + 1 < page.oldest_seq) {
    return CursorExpired(cursors_, page.oldest_seq);
  }
  Batch batch;
  batch.through_seq = page.through_seq;
  for (state::CommittedEvent& event : page.events) {
    const std::int64_t seq = event.seq;
    const EncodedEvent encoded = EncodeEvent(std::move(event), cursors_);
    if (batch.events > 0 &&
        batch.wire.size() + encoded.wire.size() > kMaxBatchBytes) {
      batch.through_seq = seq - 1;
      break;
    }
    batch.wire.append(encoded.wire);
    ++batch.events;
  }
  return batch;
}

}  // namespace linktor::events
