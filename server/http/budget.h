// An HttpBudget limits how many bytes of request bodies a listener holds at one
// time, so that many large requests cannot fill the memory. A listener has one
// HttpBudget. Each request takes a share of it (HttpShare), and holds this
// share until the request's answer is sent.

#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace linktor::http {

// Counts the bytes of request bodies that are read but not yet answered, over
// all connections of a listener. It is thread-safe. It needs no lock, because
// the count is one atomic number, and no other data must change together with
// it.
class HttpBudget {
 public:
  // `limit` is in bytes.
  explicit HttpBudget(std::size_t limit) : limit_(limit) {}

  // Returns whether Take would succeed now with this number of bytes, but takes
  // nothing. Another thread may take the free bytes before the caller takes
  // them.
  bool Fits(std::size_t bytes) const { return bytes <= limit_ - used(); }
  // Takes `bytes` and returns true. When this would exceed the limit, it takes
  // nothing and returns false.
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

  // Returns how many bytes are taken now. This is never more than the limit.
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const std::size_t limit_;
  // This is the number of bytes that are taken now. It never exceeds limit_, so
  // the functions above can subtract it from limit_ without a check.
  std::atomic<std::size_t> used_{0};
};

// Holds the part of the budget that one request uses. The destructor gives this
// part back, so the budget gets it back however the request ends. Only the
// worker's thread that serves the connection of the request uses a share
// (worker.h).
class HttpShare {
 public:
  // `budget` must outlive this object. A new share holds no bytes.
  explicit HttpShare(HttpBudget& budget) : budget_(budget) {}
  ~HttpShare() { GiveBack(); }
  HttpShare(const HttpShare&) = delete;
  HttpShare& operator=(const HttpShare&) = delete;

  // Makes the share at least `bytes` large. A share that is larger already
  // stays as it is. When the budget has no room for the difference, GrowTo
  // changes nothing and returns false.
  [[nodiscard]] bool GrowTo(std::size_t bytes) {
    if (bytes <= held_) return true;
    if (!budget_.Take(bytes - held_)) return false;
    held_ = bytes;
    return true;
  }

  // Gives all bytes back before the destructor does. The caller must have freed
  // the memory that the share has counted, because nothing counts this memory
  // afterwards.
  void GiveBack() { budget_.Give(std::exchange(held_, 0)); }

  // Returns how many bytes the share holds.
  std::size_t held() const { return held_; }

 private:
  HttpBudget& budget_;
  // This is the number of bytes that the share holds now.
  std::size_t held_ = 0;
};

}  // namespace linktor::http
