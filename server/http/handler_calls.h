// Hands a worker's requests to the handler and brings the answers back to the
// worker's loop, from whatever thread they come. Internal to the listener.

#pragma once

#include <boost/asio.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include "absl/functional/any_invocable.h"
#include "server/http/listener.h"
#include "server/http/message.h"

namespace linktor {

class HandlerCalls {
 public:
  // Both outlive this.
  HandlerCalls(boost::asio::io_context& io,
               const HttpListener::Handler& handler);
  // The loop must have ended. Requests that nobody has answered end here;
  // responders that are called later do nothing.
  ~HandlerCalls();
  HandlerCalls(const HandlerCalls&) = delete;
  HandlerCalls& operator=(const HandlerCalls&) = delete;

  // Nothing when memory ran out in the handler.
  using Answer = std::optional<HttpResponse>;

  // Calls the handler and returns what it answers. Called on the loop's thread.
  boost::asio::awaitable<Answer> Call(HttpRequest request);

  // Hands out the answers of which the loop could not be told, because there
  // was no memory for it. Called now and then on the loop's thread.
  void Retry();

 private:
  struct Mailbox;
  struct Letter;
  class OnceResponder;

  // Nothing that memory runs out for leaves it as an exception.
  void Handle(HttpRequest request, HttpResponder respond) const;
  // Goes on with the requests whose answers are there.
  void HandOut();

  const HttpListener::Handler& handler_;
  // Shared with the responders, which may outlive this.
  const std::shared_ptr<Mailbox> mailbox_;
  // The requests that are with the handler; one that has not been suspended yet
  // is empty. Only touched on the loop's thread.
  std::unordered_map<std::uint64_t, absl::AnyInvocable<void(Answer)>> waiting_;
  std::uint64_t next_id_ = 0;
};

}  // namespace linktor
