// The newest events, encoded, shared by all subscribers that keep up. It is
// bounded: a subscriber that falls behind it reads from the disk.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "server/base/mutex.h"
#include "server/events/encoded_event.h"

namespace linktor {

class LiveRing {
 public:
  using Segment = std::shared_ptr<const std::vector<EncodedEvent>>;

  // At most `max_bytes` of encoded events are kept, and always the newest
  // segment.
  LiveRing(std::int64_t last_seq, std::size_t max_bytes);

  // Adds the events of one commit, which follow on last_seq(). Called by the
  // journal's writer only.
  void Publish(std::vector<EncodedEvent> events);

  // Puts what `encode` makes of an event in its place; nothing when the event
  // is not in the ring. Called by the journal's writer only.
  void Replace(std::int64_t seq,
               absl::FunctionRef<EncodedEvent(const EncodedEvent&)> encode);

  // The sequence of the newest event. Thread-safe.
  std::int64_t last_seq() const;

  // Segments with the events after `after_seq`, oldest first, until they hold
  // `max_bytes`. False when the ring no longer reaches back that far. The first
  // segment may begin before. Thread-safe.
  bool Read(std::int64_t after_seq, std::size_t max_bytes,
            std::vector<Segment>& segments) const;

 private:
  struct Entry {
    Segment segment;
    std::size_t bytes = 0;
  };

  const std::size_t max_bytes_;
  mutable Mutex mutex_;
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t last_seq_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor
