// It notices that the user asks for the end of a command that waits.

#pragma once

#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace linktor::cli {

// Create it before any other thread: it blocks the signals it waits for
// (SIGINT, SIGTERM, SIGHUP unless ignored) and waits for them on a thread of
// its own. All functions are for any thread.
class Watch {
 public:
  Watch();
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Returns whether the user has asked for the end, or nobody reads standard
  // output.
  bool asked_to_end();

  // While a guard lives its function is called, once and on another thread,
  // when the user asks for the end; at once when they have.
  class Guard {
   public:
    Guard(Watch& watch, std::function<void()> on_end) : watch_(watch) {
      watch_.SetOnEnd(std::move(on_end));
    }
    ~Guard() { watch_.SetOnEnd(nullptr); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Watch& watch_;
  };

 private:
  void SetOnEnd(std::function<void()> on_end);
  void Work();

  std::mutex mutex_;
  // All below are guarded by mutex_.
  std::function<void()> on_end_;
  bool asked_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace linktor::cli
