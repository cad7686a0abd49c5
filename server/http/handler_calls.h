// A HandlerCalls hands the requests of a worker to the listener's handler, and
// brings the answers back to the worker's event loop. The answers may come from
// any thread. Each worker has one HandlerCalls. This file is internal to the
// listener.
//
// An answer may come after the listener was destroyed. For example, the answer
// to a webhook waits for a commit of the journal (journal/journal.h). Such a
// late answer is dropped.

#pragma once

#include <boost/asio.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include "absl/functional/any_invocable.h"
#include "server/http/listener.h"
#include "server/http/message.h"

namespace linktor::http {

// Only the thread of the worker's event loop uses a HandlerCalls. The
// responders (HttpResponder in message.h) that it makes may be called on any
// thread.
class HandlerCalls {
 public:
  // `io` and `handler` must outlive this object. `handler` is called on the
  // loop's thread.
  HandlerCalls(boost::asio::io_context& io,
               const HttpListener::Handler& handler);
  // The event loop must have ended. The requests that have no answer yet end
  // without one. Responders that are called later do nothing.
  ~HandlerCalls();
  HandlerCalls(const HandlerCalls&) = delete;
  HandlerCalls& operator=(const HandlerCalls&) = delete;

  // An Answer is what the handler has answered. It is empty when memory ran out
  // in the handler. The session then answers with 503.
  using Answer = std::optional<HttpResponse>;

  // Calls the handler and returns its answer. The coroutine is suspended until
  // the answer comes. Call runs on the loop's thread, and a connection has at
  // most one call under way. When a responder is destroyed without an answer,
  // the answer is 500. When Call itself gets no memory, it throws
  // std::bad_alloc and has not called the handler.
  boost::asio::awaitable<Answer> Call(HttpRequest request);

  // Tells the loop about waiting answers, in case there was no memory for this
  // when they came. The worker's sweep (worker.h) calls it once a second, on
  // the loop's thread.
  void Retry();

 private:
  // The Mailbox holds the answers until the loop takes them.
  struct Mailbox;
  // A Letter holds one answer. A responder puts its letter into the Mailbox,
  // and the loop takes the letters out.
  struct Letter;
  // A OnceResponder is the function in a responder. It sends its letter once.
  class OnceResponder;

  // Calls the handler, and catches the std::bad_alloc that it throws when
  // memory runs out. The exception also destroys the responder, which then
  // sends an empty answer. If the handler has already moved the responder to
  // another owner, the exception does not destroy it, and the new owner still
  // answers.
  void Handle(HttpRequest request, HttpResponder respond) const;
  // Takes the letters out of the Mailbox and resumes the coroutines of their
  // requests. It runs on the loop's thread. It does not hold the Mailbox's
  // mutex while it resumes coroutines.
  void HandOut();

  const HttpListener::Handler& handler_;
  // It is shared with the responders, which may outlive this object.
  const std::shared_ptr<Mailbox> mailbox_;
  // These requests were given to the handler and have no answer yet. The key is
  // the number of the request. The value is a function that resumes the
  // request's coroutine; this function is empty until the coroutine is
  // suspended. Only the loop's thread uses the map.
  std::unordered_map<std::uint64_t, absl::AnyInvocable<void(Answer)>> waiting_;
  // The next request gets this number.
  std::uint64_t next_id_ = 0;
};

}  // namespace linktor::http
