// Limits the bytes of request bodies that a listener holds at one time, so that
// many large requests cannot fill the memory. A listener has one budget, and
// each request that is read has a share of it.

#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace linktor::http {

// Counts the bytes of bodies that are read but not answered, over all
// connections of a listener. Thread-safe, and without a lock: only the number
// matters, and it orders nothing else.
class HttpBudget {
 public:
  // `limit` is in bytes.
  explicit HttpBudget(std::size_t limit) : limit_(limit) {}

  // Returns whether so many bytes could be taken now; takes none. Another
  // thread may take them before the caller does.
  bool Fits(std::size_t bytes) const { return bytes <= limit_ - used(); }
  // Takes the bytes and returns true; false, and nothing is taken, when the
  // limit would be passed.
  [[nodiscard]] bool Take(std::size_t bytes) {
    std::size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > limit_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes,
                                          std::memory_order_relaxed));
    return true;
  }
  // Gives back bytes that Take took.
  void Give(std::size_t bytes) {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
  }

  // Returns how many bytes are taken; never more than the limit.
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const std::size_t limit_;
  // It never passes limit_, which lets the functions subtract without a check.
  std::atomic<std::size_t> used_{0};
};

// This is the part of the budget that one request holds. It is given back when
// this goes, however the request ends. It is only touched on the thread of the
// request's connection.
class HttpShare {
 public:
  // `budget` outlives this. A new share holds nothing.
  explicit HttpShare(HttpBudget& budget) : budget_(budget) {}
  ~HttpShare() { GiveBack(); }
  HttpShare(const HttpShare&) = delete;
  HttpShare& operator=(const HttpShare&) = delete;

  // Makes the share at least `bytes` large; one that is larger stays. Returns
  // false, and nothing changes, when the budget has no room for the difference.
  [[nodiscard]] bool GrowTo(std::size_t bytes) {
    if (bytes <= held_) return true;
    if (!budget_.Take(bytes - held_)) return false;
    held_ = bytes;
    return true;
  }

  // Gives all back before this goes. The memory that the share stood for must
  // have been freed, or it would not be counted.
  void GiveBack() { budget_.Give(std::exchange(held_, 0)); }

  // Returns the bytes that the share holds.
  std::size_t held() const { return held_; }

 private:
  HttpBudget& budget_;
  std::size_t held_ = 0;
};

}  // namespace linktor::http
