// Answers the requests to the webhook URL. It decides who may post, and what
// the answer is. After any answer other than 200, Meta delivers the webhook
// again, for up to 36 hours. After an hour of such answers, Meta may
// unsubscribe the app from webhooks. So a correctly signed body gets 200 once
// it is durable (safe on the disk), and 503 when it cannot be made durable. A
// correctly signed body gets no other answer.

#pragma once

#include <chrono>
#include <functional>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "server/channels/registry.h"
#include "server/http/message.h"
#include "server/state/effects.h"
#include "server/webhook/answer.h"
#include "server/webhook/ingest.h"
#include "server/webhook/observer.h"

namespace linktor::webhook {

// Makes a delivery durable; in the server the journal does this. The sink calls
// the callback exactly once, from any thread. The callback gets the counts of
// the applied delivery, or the error because of which the delivery is not
// durable. The sink does not wait for the disk.
using WebhookSink = std::function<void(
    Delivery, absl::AnyInvocable<void(absl::StatusOr<state::DeliveryAnswer>)>)>;

// The App makes one endpoint. The endpoint has no state of its own and is
// thread-safe: the listener's threads call Handle at the same time.
class WebhookEndpoint {
 public:
  // The three objects that are passed by reference must outlive the endpoint.
  // The endpoint must stay alive until the sink has called all callbacks.
  WebhookEndpoint(const channels::ChannelRegistry& registry, Ingest& ingest,
                  WebhookSink sink, WebhookObserver& observer)
      : registry_(registry),
        ingest_(ingest),
        sink_(std::move(sink)),
        observer_(observer) {}

  // Answers one request; this function is an HttpListener::Handler. It checks
  // the method, then the path, and then the verify token or the signature. At
  // the first fault it stops and answers. `request` is not needed after the
  // call.
  //
  // A delivery that goes to the sink is answered later, on the thread on which
  // the sink calls back. All other answers are given before the call returns.
  // The call may wait for the disk while it reads data keys and user names. It
  // may throw std::bad_alloc.
  void Handle(const http::HttpRequest& request, http::HttpResponder respond);

 private:
  // An Exchange is a request that has no answer yet. Exactly one call of Answer
  // ends it.
  struct Exchange;

  // Answers the GET by which Meta checks a webhook URL that an operator has
  // entered at Meta. It sends the challenge back only if the verify token is
  // right and the challenge has no character that could be markup.
  void Verify(const http::HttpTarget& target, Exchange exchange);
  // Answers a POST. It parses the body only after it has found the signature
  // right, and it keeps nothing of an unsigned body.
  void Deliver(const http::HttpRequest& request, Exchange exchange);
  // Counts the answer in the metrics, logs it, and then sends it. The table of
  // answers (answer.h) has the answer for the verdict. Because of this order,
  // the metrics already count an answer when the client gets it.
  void Answer(Exchange& exchange, WebhookVerdict verdict);
  // Writes a line to the server's log when an operator should know the cause of
  // the answer. At the level debug it also writes a line for every request. The
  // number of lines for one cause is limited (see base/cause_log.h), because
  // strangers can cause them.
  static void Log(const Exchange& exchange, const WebhookAnswer& answer,
                  std::chrono::nanoseconds latency);

  const channels::ChannelRegistry& registry_;
  Ingest& ingest_;
  const WebhookSink sink_;
  WebhookObserver& observer_;
};

}  // namespace linktor::webhook
