// This is the Graph API behind its faults: it records a call, finds the account
// that it is for, spoils it as asked, and sends the echo of an accepted send.

#pragma once

#include "emulator/account_list.h"
#include "emulator/call_log.h"
#include "emulator/echo_lane.h"
#include "emulator/faults.h"
#include "emulator/graph_api.h"
#include "emulator/timer_queue.h"
#include "server/http/message.h"

namespace linktor::emulator {

// It is thread-safe.
class GraphEndpoint {
 public:
  // The endpoint works with these; all of them must outlive it.
  struct Parts {
    // The account's Graph API does the call, unless a fault keeps it from being
    // done. Its settings say where webhooks go, and when an echo leaves.
    const AccountList& accounts;
    // Every call is noted here, also one that a fault strikes.
    CallLog& calls;
    // Each call takes at most one fault.
    FaultQueue& faults;
    // Echoes of accepted sends go here, before the answer or after it.
    EchoLane& echoes;
    // Delayed answers wait here, so that no thread of the listener does.
    TimerQueue& timers;
  };

  // `parts` is copied; the things it refers to are borrowed.
  explicit GraphEndpoint(const Parts& parts) : parts_(parts) {}

  // `respond` is called exactly once, possibly later on another thread. The
  // call is in the list before anything else happens, and its status before
  // `respond`. A fault that lets the call be done spoils only its answer; the
  // echo is sent all the same.
  void Handle(const http::HttpRequest& request, http::HttpResponder respond);

 private:
  // Lets the account do the call. A token of another account is no token for
  // what this one owns, which a strict Instagram says.
  GraphReply Call(const http::HttpRequest& request,
                  const GraphApi::Address& address, Account& account,
                  const EmulatorConfig& config) const;

  // It never changes, so that every thread of the listener may use it.
  const Parts parts_;
};

}  // namespace linktor::emulator
