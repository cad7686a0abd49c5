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

void LiveRing::Replace(
    std::int64_t seq,
    absl::FunctionRef<EncodedEvent(const EncodedEvent&)> encode) {
  Segment before;
  {
    MutexLock lock(mutex_);
    const auto it = std::lower_bound(entries_.begin(), entries_.end(), seq,
                                     [](const Entry& entry, std::int64_t at) {
                                       return entry.segment->back().seq < at;
                                     });
    if (it == entries_.end()) return;
    before = it->segment;
  }
  const auto i = static_cast<std::size_t>(seq - before->front().seq);
  if (seq < before->front().seq || i >= before->size()) return;
  auto after = std::make_shared<std::vector<EncodedEvent>>(*before);
  (*after)[i] = encode((*before)[i]);
  // Only this thread changes the ring, so the entry is where it was.
  MutexLock lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.segment == before) entry.segment = std::move(after);
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
