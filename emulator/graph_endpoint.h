// A GraphEndpoint receives all Graph calls. It records a call and finds the
// account that the call is for. It applies a fault if one was asked for, and
// sends the echo of an accepted send.

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
  // The endpoint works with these parts; all of them must outlive it.
  struct Parts {
    // The account's Graph API does the call, unless a fault prevents it. The
    // account's settings say where webhooks go, and when an echo leaves.
    const AccountList& accounts;
    // Every call is recorded here, even if a fault affects it.
    CallLog& calls;
    // Each call uses at most one fault.
    FaultQueue& faults;
    // Echoes of accepted sends go here, before the answer or after it.
    EchoLane& echoes;
    // Delayed answers wait here, so that no thread of the listener has to wait.
    TimerQueue& timers;
  };

  // `parts` is copied, but the objects that it refers to are not.
  explicit GraphEndpoint(const Parts& parts) : parts_(parts) {}

  // `respond` is called exactly once, possibly later on another thread. The
  // call is in the list of calls before anything else happens, and its status
  // is there before `respond` is called. When a fault spoils only the answer,
  // the call is done and the echo is sent.
  void Handle(const http::HttpRequest& request, http::HttpResponder respond);

 private:
  // Lets the account do the call. A strict emulator refuses a token of another
  // account, because Meta does not let that token see what this account owns.
  GraphReply Call(const http::HttpRequest& request,
                  const GraphApi::Address& address, Account& account,
                  const EmulatorConfig& config) const;

  // It never changes, so every thread of the listener may use it.
  const Parts parts_;
};

}  // namespace linktor::emulator
