// The one place where the demo waits: for the user's wish to end it, for the
// end of a child, and for news from other threads.

#pragma once

#include "absl/time/time.h"

namespace linktor::demo {

// Create it before any thread and any child: it blocks the signals it waits
// for. SIGHUP is left alone when it is ignored (nohup).
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Returns after `timeout`, or sooner when something happened. Only on the
  // main thread.
  void Wait(absl::Duration timeout);

  // Whether SIGINT, SIGTERM or SIGHUP has come.
  bool asked_to_end() const { return ends_ > 0; }
  // How often: the second one means now.
  int times_asked() const { return ends_; }

  // Ends the current or the next Wait(). From any thread.
  void Wake() const;

 private:
  int signal_fd_ = -1;
  int wake_fd_ = -1;
  int ends_ = 0;
};

}  // namespace linktor::demo
