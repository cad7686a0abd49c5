// Calls a function again and again, on a thread of its own.

#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "server/base/mutex.h"

namespace linktor {

class Ticker {
 public:
  // Calls `work` each `period` from now on, until destruction; it is never
  // called twice at a time.
  Ticker(std::chrono::milliseconds period, std::function<void()> work);
  // Waits for a call that is under way.
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  void Run();

  const std::chrono::milliseconds period_;
  const std::function<void()> work_;
  Mutex mutex_;
  CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor
