// The Graph API behind its faults: it records a call, spoils it as asked, and
// sends the echo of an accepted send.

#pragma once

#include "emulator/call_log.h"
#include "emulator/echo_lane.h"
#include "emulator/faults.h"
#include "emulator/graph_api.h"
#include "emulator/settings.h"
#include "emulator/timer_queue.h"
#include "server/http/message.h"

namespace linktor::emulator {

// It is thread-safe.
class GraphEndpoint {
 public:
  // The endpoint works with these; all of them must outlive it.
  struct Parts {
    const Settings& settings;
    GraphApi& api;
    CallLog& calls;
    FaultQueue& faults;
    EchoLane& echoes;
    TimerQueue& timers;
  };

  explicit GraphEndpoint(const Parts& parts) : parts_(parts) {}

  // `respond` is called exactly once, possibly later on another thread. The
  // call is in the list before anything else happens, and its status before
  // `respond`.
  void Handle(const HttpRequest& request, HttpResponder respond);

 private:
  const Parts parts_;
};

}  // namespace linktor::emulator
