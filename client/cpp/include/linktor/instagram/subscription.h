// A subscription reads the event stream, and goes on by itself after a broken
// connection.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "linktor/instagram/cursor_store.h"
#include "linktor/instagram/error.h"
#include "linktor/instagram/v1/event_service.grpc.pb.h"

namespace linktor::instagram {

class Connection;

// The functions are called on the thread that reads, and must not call the
// subscription, but for Stop().
struct SubscribeOptions {
  // The subscription goes on where the store says, and tells it how far the
  // application has come. The start that the request names counts only while
  // the store has no cursor. The store must outlive the subscription.
  CursorStore* cursor_store = nullptr;
  // It is called with every response before its events are given. The first
  // response of a stream has `subscribed`; heartbeats have no events.
  std::function<void(const v1::SubscribeEventsResponse&)> on_response;
  // It is called when the stream has broken and is taken up again after `wait`.
  std::function<void(const Error&, std::chrono::milliseconds wait)> on_break;
};

// Every event is given at least once. It counts as taken when the next one is
// asked for, and its cursor is saved then. All functions but Stop() are for one
// thread.
//
//   1 load   once; a cursor in the store is where to start
//   2 read   until the stream breaks, is silent for three heartbeat intervals,
//            or is refused, or Stop() is called
//   3 wait   longer each time without a response; then 2
class Subscription {
 public:
  Subscription(std::shared_ptr<const Connection> connection,
               v1::SubscribeEventsRequest request, SubscribeOptions options);
  // It may be moved while no function of it runs.
  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) noexcept;
  ~Subscription();

  // Waits for the next event. Returns nothing at the end: after Stop(), or with
  // error() when the server refuses the stream or the cursor store failed.
  std::optional<v1::Event> Next();

  // Does the same with whole responses, heartbeats included, for applications
  // that take the events of a response together. A response counts as taken
  // when the next one is asked for. A subscription is read by one of the two
  // functions only.
  std::optional<v1::SubscribeEventsResponse> NextResponse();

  // Returns why the subscription ended; nothing while it goes on and after
  // Stop().
  const std::optional<Error>& error() const;

  // Returns the cursor of the event or response that was taken last; empty
  // before the first, unless there was a cursor to start after.
  const std::string& cursor() const;

  // Ends the subscription, also while another thread waits in Next(). The event
  // that was given last is not taken: the next start gives it again. It is for
  // any thread, and does not wait.
  void Stop();

 private:
  // The reader keeps its address when the subscription is moved, so that Stop()
  // can be called from another thread.
  class Reader;
  std::unique_ptr<Reader> reader_;
};

}  // namespace linktor::instagram
