// The Graph API behind its faults: records a call, spoils it as asked, and
// sends the echo of what was accepted.

#pragma once

#include "emulator/call_log.h"
#include "emulator/echo_lane.h"
#include "emulator/faults.h"
#include "emulator/graph_api.h"
#include "emulator/settings.h"
#include "emulator/timer_queue.h"
#include "server/http/message.h"

namespace linktor::emulator {

// Thread-safe.
class GraphEndpoint {
 public:
  // What it works with; all of it outlives the endpoint.
  struct Parts {
    const Settings& settings;
    GraphApi& api;
    CallLog& calls;
    FaultQueue& faults;
    EchoLane& echoes;
    TimerQueue& timers;
  };

  explicit GraphEndpoint(const Parts& parts) : parts_(parts) {}

  // `respond` is called exactly once, possibly later on another thread.
  void Handle(const HttpRequest& request, HttpResponder respond);

 private:
  const Parts parts_;
};

}  // namespace linktor::emulator
