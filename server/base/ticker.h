// Calls a function again and again, on its own thread. The App, the Sender and
// WaitingItems each have a Ticker, for work that they must do at regular times.

#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "server/base/stop_signal.h"

namespace linktor {

// The owner makes and destroys a Ticker, both on the owner's own thread.
class Ticker {
 public:
  // Waits for `period` of steady time, then calls `work`, and repeats this
  // until destruction. Two calls never overlap: the next period begins when a
  // call has ended, so a slow call delays the next call. `work` may block, but
  // must let no exception out. Everything that `work` refers to must outlive
  // this object.
  Ticker(std::chrono::milliseconds period, std::function<void()> work);
  // Waits for a call that is under way; afterwards `work` is not called any
  // more. The destructor must not run on the ticker's own thread.
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  // This is the thread's loop. It waits for the period to pass, calls `work`,
  // and ends when the destructor runs.
  void Run();

  const std::chrono::milliseconds period_;
  const std::function<void()> work_;
  StopSignal stop_;
  // The thread is the last member, so that it does not run before the other
  // members are made.
  std::thread thread_;
};

}  // namespace linktor
