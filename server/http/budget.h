// Limits the bytes of request bodies that a listener holds at one time.

#pragma once

#include <atomic>
#include <cstddef>

namespace linktor {

// Counts the bytes of bodies that are read but not answered, over all
// connections of a listener. Thread-safe.
class HttpBudget {
 public:
  explicit HttpBudget(std::size_t limit) : limit_(limit) {}

  // False, and nothing is taken, when the limit would be passed.
  [[nodiscard]] bool Take(std::size_t bytes) {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit_) {
      return true;
    }
    Give(bytes);
    return false;
  }
  void Give(std::size_t bytes) {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
  }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace linktor
