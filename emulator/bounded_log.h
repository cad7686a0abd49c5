// A BoundedLog is a numbered list that forgets its oldest entries, so that a
// load test does not fill the memory. The lists of Graph calls and of webhooks
// are such logs. It is not thread-safe: its owner guards it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

namespace linktor::emulator {

// Adding an entry is cheap. Readers such as the control API always read the
// whole list.
template <typename Entry>
class BoundedLog {
 public:
  // An Item is an entry with its number.
  struct Item {
    // Entries are numbered from 1. A number is never used again, not even after
    // Clear().
    std::uint64_t n;
    // The entry counts as this many bytes against max_bytes.
    std::size_t bytes;
    Entry entry;
  };

  // The log has both limits at the same time. The bytes are those that callers
  // give to Add().
  BoundedLog(std::size_t max_entries, std::size_t max_bytes)
      : max_entries_(max_entries), max_bytes_(max_bytes) {}

  // Adds an entry and returns its number. The oldest entries are forgotten to
  // make room. An entry that is larger than max_bytes is kept too, because its
  // number is given out.
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

  // Returns the entry of this number, or null when it is forgotten or never
  // existed. The result is valid until the next change of the list, so the
  // owner must hold its mutex while it uses the result.
  Entry* Find(std::uint64_t n) {
    if (items_.empty() || n < items_.front().n || n > last_) return nullptr;
    return &items_[n - items_.front().n].entry;
  }

  // Forgets all entries. Their numbers are not used again.
  void Clear() {
    items_.clear();
    bytes_ = 0;
    dropped_ = 0;
  }

  // Returns the entries, oldest first, with consecutive numbers.
  const std::deque<Item>& items() const { return items_; }
  // Returns how many entries were forgotten to make room, since the start or
  // the last Clear().
  std::uint64_t dropped() const { return dropped_; }

 private:
  // Adding an entry drops the oldest ones until both limits hold.
  const std::size_t max_entries_;
  const std::size_t max_bytes_;
  // The numbers are consecutive, so Find() needs no search.
  std::deque<Item> items_;
  // This is the sum of the entries' bytes.
  std::size_t bytes_ = 0;
  // This is the number of the newest entry; it is 0 before the first.
  std::uint64_t last_ = 0;
  // It counts since the last Clear(). So a test that clears the list first can
  // see whether the list is complete.
  std::uint64_t dropped_ = 0;
};

}  // namespace linktor::emulator
