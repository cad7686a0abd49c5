// A subscription reads the event stream, and starts again by itself after a
// broken connection.

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

// The subscription calls these functions on the thread that reads. They must
// not call the subscription, except Stop().
struct SubscribeOptions {
  // The subscription continues at the cursor of the store, and saves there
  // which events the application has processed. The start that the request
  // names counts only while the store has no cursor. The store must outlive the
  // subscription.
  CursorStore* cursor_store = nullptr;
  // This function is called with every response, before the application gets
  // the events of that response. The first response of a stream has
  // `subscribed`; heartbeats have no events.
  std::function<void(const v1::SubscribeEventsResponse&)> on_response;
  // This function is called when the stream has broken. The subscription opens
  // a new stream after `wait`.
  std::function<void(const Error&, std::chrono::milliseconds wait)> on_break;
};

// The application gets every event at least once. An event counts as processed
// when the application asks for the next one; then the event's cursor is saved.
// Stop() is for any thread. All other functions are for one thread.
//
// A subscription has these steps:
//   1. It loads the cursor from the store, once. Reading starts after it.
//   2. It reads until the stream breaks or is silent for three heartbeat
//      intervals. A refusal of the server and Stop() end the subscription.
//   3. It waits, longer each time while no response comes. Then it goes back to
//      step 2.
class Subscription {
 public:
  Subscription(std::shared_ptr<const Connection> connection,
               v1::SubscribeEventsRequest request, SubscribeOptions options);
  // A subscription may be moved while no function of it runs.
  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) noexcept;
  ~Subscription();

  // Waits for the next event. Returns nothing when the subscription has ended.
  // It ends after Stop(), or when the server refuses the stream or the cursor
  // store fails; in the last two cases error() is set.
  std::optional<v1::Event> Next();

  // Waits for the next response, heartbeats included, for applications that
  // process all events of a response together. A response counts as processed
  // when the application asks for the next one. An application must use either
  // Next() or NextResponse() on a subscription, not both.
  std::optional<v1::SubscribeEventsResponse> NextResponse();

  // Returns why the subscription ended. There is no error while it is still
  // reading, and none after Stop().
  const std::optional<Error>& error() const;

  // Returns the cursor of the event or response that was processed last. Before
  // the first one it is the cursor that reading started after. It is empty if
  // reading did not start after a cursor.
  const std::string& cursor() const;

  // Ends the subscription, even while another thread waits in Next(). The event
  // that the application got last does not count as processed, so the next
  // start of the program gets it again. It is for any thread, and does not
  // wait.
  void Stop();

 private:
  // The reader stays at the same address when the subscription is moved, so
  // another thread can still call Stop().
  class Reader;
  std::unique_ptr<Reader> reader_;
};

}  // namespace linktor::instagram
