// A LiveRing holds the newest events, encoded, for all subscribers that keep up
// with the log. It has a limit of bytes, so it drops its oldest events. A
// subscriber that needs an older event reads it from the disk. The applying
// thread (the one thread that applies records) writes to the ring, and the
// threads of the streams read from it. A call blocks on the mutex at most, and
// no event is encoded while the mutex is held.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "server/base/mutex.h"
#include "server/events/encoded_event.h"

namespace linktor::events {

class LiveRing {
 public:
  // A Segment holds the events of one commit. It is shared, so that a reader
  // can use it without the mutex, even after the ring has dropped it.
  using Segment = std::shared_ptr<const std::vector<EncodedEvent>>;

  // The ring is empty at first. `last_seq` is the sequence of the last event in
  // the log now. The ring keeps at most `max_bytes` of encoded events, but it
  // always keeps the newest segment.
  LiveRing(std::int64_t last_seq, std::size_t max_bytes);

  // Adds the events of one commit, and drops the oldest segments beyond the
  // limit. The events must follow last_seq() without a gap. Only the applying
  // thread calls it.
  void Publish(std::vector<EncodedEvent> events);

  // Replaces each of these events with the result of `encode`. `seqs` are their
  // sequences in ascending order; the ring passes over events that it does not
  // have. The time does not depend on how many events the ring has. `encode` is
  // called without the mutex. A reader that already has an old segment keeps
  // the old events. Only the applying thread calls it.
  void Replace(std::span<const std::int64_t> seqs,
               absl::FunctionRef<EncodedEvent(const EncodedEvent&)> encode);

  // Does what Replace does, for every event for which `wanted` returns true. It
  // looks at all events, and calls `wanted` without the mutex, too.
  void ReplaceIf(absl::FunctionRef<bool(const EncodedEvent&)> wanted,
                 absl::FunctionRef<EncodedEvent(const EncodedEvent&)> encode);

  // Returns the sequence of the newest event, also when that event is not in
  // the ring. It is thread-safe.
  std::int64_t last_seq() const;

  // Appends the segments with the events after `after_seq`, the oldest first,
  // until they hold `max_bytes`. The last segment may exceed this limit. The
  // first segment may begin with events up to `after_seq`, which the caller
  // skips. Returns false, and appends nothing, when the ring does not reach
  // back to `after_seq`. Returns true otherwise, also when there is nothing
  // new. It is thread-safe.
  bool Read(std::int64_t after_seq, std::size_t max_bytes,
            std::vector<Segment>& segments) const;

 private:
  // An Entry is a segment with its size, so that the size is computed only
  // once.
  struct Entry {
    Segment segment;
    std::size_t bytes = 0;
  };

  using Entries = std::deque<Entry>;

  // Returns the first entry that has an event after `seq`; the end when no
  // entry has one.
  static Entries::const_iterator EntryAfter(const Entries& entries,
                                            std::int64_t seq);
  // Returns the segment with the event; null when the ring does not have it.
  Segment Find(std::int64_t seq) const;
  // Puts `after` in the place of `before`, which has the same sequences and is
  // in the ring.
  void Exchange(const Segment& before, Segment after);

  const std::size_t max_bytes_;
  // The mutex guards the segments, their size and the end of the log, so that
  // the three always agree with each other.
  mutable Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t last_seq_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::events
