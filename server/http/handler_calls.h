// Hands the requests of a worker to the handler, and brings the answers back to
// the worker's event loop. The answers may come from any thread. Each worker
// has one HandlerCalls. Internal to the listener.
//
// An answer may come when the listener has gone. For example, the answer to a
// webhook waits for a commit of the journal (journal/journal.h). Such a late
// answer is dropped.

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

// Only the loop's thread uses a HandlerCalls. The responders that it makes may
// be called on any thread.
class HandlerCalls {
 public:
  // `io` and `handler` must outlive this object. `handler` is called on the
  // loop's thread.
  HandlerCalls(boost::asio::io_context& io,
               const HttpListener::Handler& handler);
  // The loop must have ended. Requests that have no answer yet end here.
  // Responders that are called later do nothing.
  ~HandlerCalls();
  HandlerCalls(const HandlerCalls&) = delete;
  HandlerCalls& operator=(const HandlerCalls&) = delete;

  // An Answer is what the handler has answered. It is empty when memory ran out
  // in the handler, and the session then answers with 503.
  using Answer = std::optional<HttpResponse>;

  // Calls the handler and returns its answer. The coroutine is suspended until
  // the answer comes. Call runs on the loop's thread, and a connection has at
  // most one call under way. When a responder is destroyed without an answer,
  // the answer is 500. When there is no memory to begin, Call throws
  // std::bad_alloc and has not called the handler.
  boost::asio::awaitable<Answer> Call(HttpRequest request);

  // Tries again to tell the loop about answers, in case there was no memory for
  // it before. The worker's sweep calls it once a second, on the loop's thread.
  void Retry();

 private:
  struct Mailbox;
  // A Letter holds one answer. A responder puts its letter into the Mailbox,
  // and the loop takes the letters out.
  struct Letter;
  class OnceResponder;

  // Calls the handler, and catches the std::bad_alloc that it throws when
  // memory runs out. The exception also destroys the responder, which then
  // sends an empty answer. If the handler has given the responder to somebody
  // else before, the new owner still answers.
  void Handle(HttpRequest request, HttpResponder respond) const;
  // Takes the letters out of the Mailbox and resumes the coroutines of their
  // requests. It runs on the loop's thread. It does not hold the Mailbox's
  // mutex while it resumes coroutines.
  void HandOut();

  const HttpListener::Handler& handler_;
  // It is shared with the responders, which may outlive this object.
  const std::shared_ptr<Mailbox> mailbox_;
  // These requests are with the handler. The key is the number of the request.
  // The value is a function that resumes the request's coroutine. It is empty
  // until the coroutine is suspended. Only the loop's thread uses the map.
  std::unordered_map<std::uint64_t, absl::AnyInvocable<void(Answer)>> waiting_;
  std::uint64_t next_id_ = 0;
};

}  // namespace linktor::http
