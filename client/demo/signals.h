// Signals is the only place where the demo waits. It waits for a signal of the
// user to end, for the end of a child, and for news from other threads.

#pragma once

#include "absl/time/time.h"

namespace linktor::demo {

// Create it before any thread and any child, because it blocks the signals that
// it waits for. When SIGHUP is ignored (nohup), it stays ignored.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Returns after `timeout`, or sooner when something happened. It is for the
  // main thread only.
  void Wait(absl::Duration timeout);

  // Returns whether SIGINT, SIGTERM or SIGHUP has come.
  bool asked_to_end() const { return ends_ > 0; }
  // Returns how many of these signals have come. The second one means that the
  // user does not want to wait.
  int times_asked() const { return ends_; }

  // Ends the current or the next Wait(). It is for any thread.
  void Wake() const;

 private:
  int signal_fd_ = -1;
  int wake_fd_ = -1;
  int ends_ = 0;
};

}  // namespace linktor::demo
