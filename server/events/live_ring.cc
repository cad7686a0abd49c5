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

LiveRing::Entries::const_iterator LiveRing::EntryAfter(const Entries& entries,
                                                       std::int64_t seq) {
  return std::upper_bound(entries.begin(), entries.end(), seq,
                          [](std::int64_t wanted, const Entry& entry) {
                            return wanted < entry.segment->back().seq;
                          });
}

LiveRing::Segment LiveRing::Find(std::int64_t seq) const {
  MutexLock lock(mutex_);
  const auto entry = EntryAfter(entries_, seq - 1);
  if (entry == entries_.end() || entry->segment->front().seq > seq) {
    return nullptr;
  }
  return entry->segment;
}

void LiveRing::Exchange(const Segment& before, Segment after) {
  MutexLock lock(mutex_);
  const auto entry = EntryAfter(entries_, before->back().seq - 1);
  // Only this thread changes the ring, so the entry is where it was.
  entries_[static_cast<std::size_t>(entry - entries_.cbegin())].segment =
      std::move(after);
}

// A segment is copied once, however many of its events are replaced.
void LiveRing::Replace(
    std::span<const std::int64_t> seqs,
    absl::FunctionRef<EncodedEvent(const EncodedEvent&)> encode) {
  for (std::size_t next = 0; next < seqs.size();) {
    const Segment before = Find(seqs[next]);
    if (before == nullptr) {
      ++next;
      continue;
    }
    const std::int64_t first = before->front().seq;
    auto after = std::make_shared<std::vector<EncodedEvent>>(*before);
    for (; next < seqs.size() && seqs[next] <= before->back().seq; ++next) {
      const auto place = static_cast<std::size_t>(seqs[next] - first);
      (*after)[place] = encode((*before)[place]);
    }
    Exchange(before, std::move(after));
  }
}

void LiveRing::ReplaceIf(
    absl::FunctionRef<bool(const EncodedEvent&)> wanted,
    absl::FunctionRef<EncodedEvent(const EncodedEvent&)> encode) {
  std::vector<Segment> segments;
  {
    MutexLock lock(mutex_);
    segments.reserve(entries_.size());
    for (const Entry& entry : entries_) segments.push_back(entry.segment);
  }
  std::vector<std::int64_t> seqs;
  for (const Segment& segment : segments) {
    for (const EncodedEvent& event : *segment) {
      if (wanted(event)) seqs.push_back(event.seq);
    }
  }
  Replace(seqs, encode);
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
  auto it = EntryAfter(entries_, after_seq);
  std::size_t bytes = 0;
  for (; it != entries_.end() && bytes < max_bytes; ++it) {
    segments.push_back(it->segment);
    bytes += it->bytes;
  }
  return true;
}

}  // namespace linktor::events
