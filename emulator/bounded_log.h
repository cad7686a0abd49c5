// A numbered list that forgets its oldest entries. Not thread-safe: its owner
// guards it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

namespace linktor::emulator {

template <typename Entry>
class BoundedLog {
 public:
  struct Item {
    // Counted from 1 and never given twice, not even after Clear().
    std::uint64_t n;
    // What the entry counts against max_bytes.
    std::size_t bytes;
    Entry entry;
  };

  BoundedLog(std::size_t max_entries, std::size_t max_bytes)
      : max_entries_(max_entries), max_bytes_(max_bytes) {}

  // The number of the new entry. It is kept even when it alone is over
  // max_bytes.
  std::uint64_t Add(Entry entry, std::size_t bytes) {
    while (!items_.empty() &&
           (items_.size() >= max_entries_ || bytes_ + bytes > max_bytes_)) {
      bytes_ -= items_.front().bytes;
      items_.pop_front();
      ++dropped_;
    }
    items_.push_back({.n = ++last_, .bytes = bytes, .entry = std::move(entry)});
    bytes_ += bytes;
    return last_;
  }

  // Null when the entry is forgotten or never was. Valid until the next
  // change of the list.
  Entry* Find(std::uint64_t n) {
    if (items_.empty() || n < items_.front().n || n > last_) return nullptr;
    return &items_[n - items_.front().n].entry;
  }

  void Clear() {
    items_.clear();
    bytes_ = 0;
    dropped_ = 0;
  }

  // Oldest first, with consecutive numbers.
  const std::deque<Item>& items() const { return items_; }
  // How many were forgotten for room since the start or the last Clear().
  std::uint64_t dropped() const { return dropped_; }

 private:
  const std::size_t max_entries_;
  const std::size_t max_bytes_;
  std::deque<Item> items_;
  std::size_t bytes_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace linktor::emulator
