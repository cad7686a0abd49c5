#include "server/events/live_ring.h"

#include <algorithm>
#include <utility>

namespace linktor::events {

LiveRing::LiveRing(std::int64_t last_seq, std::size_t max_bytes)
    : max_bytes_(max_bytes), last_seq_(last_seq) {}

void LiveRing::Publish(std::vector<EncodedEvent> events) {
  if (events.empty()) return;
  Entry entry;
  for (const EncodedEvent& event : events) {
    entry.bytes += event.wire.size() + sizeof(EncodedEvent);
  }
  const std::int64_t last = events.back().seq;
  entry.segment =
      std::make_shared<const std::vector<EncodedEvent>>(std::move(events));
  // It is declared before the lock, so that old segments are freed after the
  // lock is released.
  std::vector<Segment> dropped;
  MutexLock lock(mutex_);
  bytes_ += entry.bytes;
  last_seq_ = last;
  entries_.push_back(std::move(entry));
  while (bytes_ > max_bytes_ && entries_.size() > 1) {
    bytes_ -= entries_.front().bytes;
    dropped.push_back(std::move(entries_.front().segment));
    entries_.pop_front();
  }
}

// A segment is copied once, however many of its events are replaced.
void LiveRing::Replace(
    std::int64_t first_seq, absl::FunctionRef<bool(const EncodedEvent&)> wanted,
    absl::FunctionRef<EncodedEvent(const EncodedEvent&)> encode) {
  std::vector<Segment> segments;
  {
    MutexLock lock(mutex_);
    for (const Entry& entry : entries_) {
      if (entry.segment->back().seq >= first_seq) {
        segments.push_back(entry.segment);
      }
    }
  }
  for (const Segment& before : segments) {
    std::shared_ptr<std::vector<EncodedEvent>> after;
    for (std::size_t i = 0; i < before->size(); ++i) {
      if (!wanted((*before)[i])) continue;
      if (after == nullptr) {
        after = std::make_shared<std::vector<EncodedEvent>>(*before);
      }
      (*after)[i] = encode((*before)[i]);
    }
    if (after == nullptr) continue;
    // Only this thread changes the ring, so the entry is where it was.
    MutexLock lock(mutex_);
    for (Entry& entry : entries_) {
      if (entry.segment == before) entry.segment = after;
    }
  }
}

std::int64_t LiveRing::last_seq() const {
  MutexLock lock(mutex_);
  return last_seq_;
}

bool LiveRing::Read(std::int64_t after_seq, std::size_t max_bytes,
                    std::vector<Segment>& segments) const {
  MutexLock lock(mutex_);
  if (after_seq >= last_seq_) return true;
  if (entries_.empty() ||
      entries_.front().segment->front().seq > after_seq + 1) {
    return false;
  }
  auto it = std::upper_bound(entries_.begin(), entries_.end(), after_seq,
                             [](std::int64_t seq, const Entry& entry) {
                               return seq < entry.segment->back().seq;
                             });
  std::size_t bytes = 0;
  for (; it != entries_.end() && bytes < max_bytes; ++it) {
    segments.push_back(it->segment);
    bytes += it->bytes;
  }
  return true;
}

}  // namespace linktor::events
