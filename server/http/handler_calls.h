// Hands a worker's requests to the handler and brings the answers back to the
// worker's loop, from whatever thread they come. Each worker has one. Internal
// to the listener.
//
// An answer may come when the listener has gone, since the journal calls back
// when a commit is done. The answer is dropped then.

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

// Everything but the responders that it makes is used on the loop's thread.
class HandlerCalls {
 public:
  // Both outlive this. `handler` is called on the loop's thread.
  HandlerCalls(boost::asio::io_context& io,
               const HttpListener::Handler& handler);
  // The loop must have ended. Requests that nobody has answered end here;
  // responders that are called later do nothing.
  ~HandlerCalls();
  HandlerCalls(const HandlerCalls&) = delete;
  HandlerCalls& operator=(const HandlerCalls&) = delete;

  // An Answer is empty when memory ran out in the handler; the session then
  // answers 503.
  using Answer = std::optional<HttpResponse>;

  // Calls the handler and returns what it answers; the coroutine is suspended
  // until then. It is called on the loop's thread, once at a time for a
  // connection. A responder that goes without an answer gives 500.
  // std::bad_alloc leaves it when there is no memory to begin; the handler has
  // not been called then.
  boost::asio::awaitable<Answer> Call(HttpRequest request);

  // Hands out the answers of which the loop could not be told, because there
  // was no memory for it. The worker's sweep calls it once a second, on the
  // loop's thread.
  void Retry();

 private:
  struct Mailbox;
  // A letter holds one answer; the loop finds letters in the mailbox.
  struct Letter;
  class OnceResponder;

  // Calls the handler. When memory runs out in it, std::bad_alloc ends here:
  // the responder, on its way out, has noted it as the answer.
  void Handle(HttpRequest request, HttpResponder respond) const;
  // Goes on with the requests whose answers are there. It runs on the loop's
  // thread, and resumes their coroutines without the mailbox's mutex.
  void HandOut();

  const HttpListener::Handler& handler_;
  // It is shared with the responders, which may outlive this.
  const std::shared_ptr<Mailbox> mailbox_;
  // These requests are with the handler, by number; one that has not been
  // suspended yet is empty. They are only touched on the loop's thread.
  std::unordered_map<std::uint64_t, absl::AnyInvocable<void(Answer)>> waiting_;
  std::uint64_t next_id_ = 0;
};

}  // namespace linktor::http
