// This is the webhook URL. It decides who may post and what is answered. Meta
// delivers again for 36 hours after any answer but 200, and switches the app
// off after an hour of such answers. So a correctly signed body is answered
// with 200 once it is durable, with 503 when it cannot be made so, and with
// nothing else.

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

// Makes a delivery durable; in the server it is the journal. It calls the
// callback exactly once, from any thread, with the counts of the applied
// delivery, or with the error because of which it is not durable. It does not
// wait for the disk.
using WebhookSink = std::function<void(
    Delivery, absl::AnyInvocable<void(absl::StatusOr<state::DeliveryAnswer>)>)>;

// App makes one. It has no state of its own and is thread-safe: the listener's
// threads call Handle at the same time.
class WebhookEndpoint {
 public:
  // The three references must outlive this, and this must outlive every
  // callback that the sink has not called yet.
  WebhookEndpoint(const channels::ChannelRegistry& registry, Ingest& ingest,
                  WebhookSink sink, WebhookObserver& observer)
      : registry_(registry),
        ingest_(ingest),
        sink_(std::move(sink)),
        observer_(observer) {}

  // Answers one request; it is an HttpListener::Handler. It checks in this
  // order and answers at the first fault: the method, the path, and then the
  // verify token or the signature. `request` is not needed after the call. A
  // signed delivery is answered later, on the thread that the sink calls back
  // on; all else is answered before the call returns. It may wait for the disk
  // while data keys and user names are read. std::bad_alloc may leave it.
  void Handle(const http::HttpRequest& request, http::HttpResponder respond);

 private:
  // An Exchange is a request under way. Exactly one Answer ends it.
  struct Exchange;

  // Answers Meta's GET, by which an operator's entry of the URL is checked. The
  // challenge is echoed only after the token was right, and only if it has no
  // character that could be markup.
  void Verify(const http::HttpTarget& target, Exchange exchange);
  // Answers a POST. Nothing of the body is parsed before the signature was
  // found right, and nothing of an unsigned one is kept.
  void Deliver(const http::HttpRequest& request, Exchange exchange);
  // Counts, logs and sends the answer of the table, in this order, so that a
  // client that has its answer finds it counted.
  void Answer(Exchange& exchange, WebhookVerdict verdict);
  // Writes a line on a cause that an operator should know, and at the level
  // debug one on every request. Lines of one cause are limited in number (see
  // base/cause_log.h), because strangers can cause them.
  static void Log(const Exchange& exchange, const WebhookAnswer& answer,
                  std::chrono::nanoseconds latency);

  const channels::ChannelRegistry& registry_;
  Ingest& ingest_;
  const WebhookSink sink_;
  WebhookObserver& observer_;
};

}  // namespace linktor::webhook
