// A LiveRing holds the newest events, encoded, for all subscribers that keep
// up. It is bounded: a subscriber that falls behind it reads from the disk. The
// applying thread writes, and the threads of streams read. No call blocks on
// more than the mutex, under which nothing is encoded.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "server/base/mutex.h"
#include "server/events/encoded_event.h"

namespace linktor::events {

class LiveRing {
 public:
  // A Segment is the events of one commit. It is shared, so that a reader can
  // use it without the lock, also after the ring has dropped it.
  using Segment = std::shared_ptr<const std::vector<EncodedEvent>>;

  // The ring is empty at first, and the log ends at `last_seq`. It keeps at
  // most `max_bytes` of encoded events, but always the newest segment.
  LiveRing(std::int64_t last_seq, std::size_t max_bytes);

  // Adds the events of one commit, which follow on last_seq() without a gap,
  // and drops the oldest segments beyond the limit. Only the applying
  // thread calls it.
  void Publish(std::vector<EncodedEvent> events);

  // Puts what `encode` makes of an event in the place of every event that
  // `wanted` takes. It looks at all events from `first_seq` on. Both functions
  // are called without the lock. Readers that have an old segment keep it. Only
  // the applying thread calls it.
  void Replace(std::int64_t first_seq,
               absl::FunctionRef<bool(const EncodedEvent&)> wanted,
               absl::FunctionRef<EncodedEvent(const EncodedEvent&)> encode);

  // Returns the sequence of the newest event, also when it is not in the ring.
  // It is thread-safe.
  std::int64_t last_seq() const;

  // Appends the segments with the events after `after_seq`, oldest first, until
  // they hold `max_bytes`; the last one may exceed it, and the first may begin
  // before the event. Returns false, and appends nothing, when the ring does
  // not reach back that far; true when nothing is new. It is thread-safe.
  bool Read(std::int64_t after_seq, std::size_t max_bytes,
            std::vector<Segment>& segments) const;

 private:
  // An Entry is a segment with its size, so that it is measured once.
  struct Entry {
    Segment segment;
    std::size_t bytes = 0;
  };

  const std::size_t max_bytes_;
  // The mutex keeps the segments, their size and the end of the log in step.
  mutable Mutex mutex_;
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t last_seq_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::events
