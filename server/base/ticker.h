// Calls a function again and again, on a thread of its own. The App looks with
// it after what changes by itself; the sender looks after what is due.

#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "server/base/stop_signal.h"

namespace linktor {

// Its owner makes and destroys it, from a thread of the owner's.
class Ticker {
 public:
  // Calls `work` each `period` of steady time, the first time after one period,
  // until destruction. It is never called twice at a time: the next period
  // begins when a call has ended, so a slow call delays the next. `work` must
  // let no exception out and may block; what it borrows must outlive this.
  Ticker(std::chrono::milliseconds period, std::function<void()> work);
  // Waits for a call that is under way; afterwards `work` is not called any
  // more. It must not run on the ticker's own thread.
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  // This is the thread's loop: it waits for the period or the stop, and calls
  // `work`.
  void Run();

  const std::chrono::milliseconds period_;
  const std::function<void()> work_;
  StopSignal stop_;
  // It is the last member, so that the thread does not run before the others
  // are made.
  std::thread thread_;
};

}  // namespace linktor
