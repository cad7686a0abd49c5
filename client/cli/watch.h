// A Watch notices when the user asks a waiting command to end.

#pragma once

#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace linktor::cli {

// Create the Watch before any other thread. It blocks the signals that it waits
// for, and threads that are created later inherit this. These signals are
// SIGINT, SIGTERM and SIGHUP, except those that the process ignores. The Watch
// waits for them on its own thread. All functions are for any thread.
class Watch {
 public:
  Watch();
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Returns whether the user has asked for the end, or the reader of standard
  // output has gone (| head).
  bool asked_to_end();

  // While a guard exists, its function is called when the user asks for the
  // end, or immediately when the user has asked before. It is called once,
  // usually on the thread of the Watch. It runs under the lock of the Watch, so
  // it must not call the Watch.
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
  // Sets the function of a Guard, or removes it when `on_end` is null.
  void SetOnEnd(std::function<void()> on_end);
  // Runs on the thread of the Watch until the Watch is destroyed.
  void Work();

  std::mutex mutex_;
  // The fields on_end_, asked_ and stopping_ are guarded by mutex_.
  std::function<void()> on_end_;
  bool asked_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace linktor::cli
