// Limits the bytes of request bodies that a listener holds at one time.

#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace linktor {

// Counts the bytes of bodies that are read but not answered, over all
// connections of a listener. Thread-safe.
class HttpBudget {
 public:
  explicit HttpBudget(std::size_t limit) : limit_(limit) {}

  // Returns whether so many bytes could be taken now; takes none.
  bool Fits(std::size_t bytes) const { return bytes <= limit_ - used(); }
  // False, and nothing is taken, when the limit would be passed.
  [[nodiscard]] bool Take(std::size_t bytes) {
    std::size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > limit_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes,
                                          std::memory_order_relaxed));
    return true;
  }
  void Give(std::size_t bytes) {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
  }

  // Returns how many bytes are taken; never more than the limit.
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

// The part of the budget that one request holds. It is given back when this
// goes, however the request ends.
class HttpShare {
 public:
  // `budget` outlives this.
  explicit HttpShare(HttpBudget& budget) : budget_(budget) {}
  ~HttpShare() { GiveBack(); }
  HttpShare(const HttpShare&) = delete;
  HttpShare& operator=(const HttpShare&) = delete;

  // False, and nothing changes, when the budget has no room for the difference.
  [[nodiscard]] bool GrowTo(std::size_t bytes) {
    if (bytes <= held_) return true;
    if (!budget_.Take(bytes - held_)) return false;
    held_ = bytes;
    return true;
  }

  // Gives all back before this goes. The memory must have gone.
  void GiveBack() { budget_.Give(std::exchange(held_, 0)); }

  std::size_t held() const { return held_; }

 private:
  HttpBudget& budget_;
  std::size_t held_ = 0;
};

}  // namespace linktor
