// The webhook URL: who may post, and what is answered. Meta delivers again for
// 36 hours after any answer but 200, and switches the app off after an hour of
// them; so a correctly signed body is answered 200 once it is durable, 503 when
// it cannot be made so, and nothing else.

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

namespace linktor {

// Makes a delivery durable; the journal in production.
using WebhookSink = std::function<void(
    Delivery, absl::AnyInvocable<void(absl::StatusOr<DeliveryAnswer>)>)>;

class WebhookEndpoint {
 public:
  WebhookEndpoint(const ChannelRegistry& registry, Ingest& ingest,
                  WebhookSink sink, WebhookObserver& observer)
      : registry_(registry),
        ingest_(ingest),
        sink_(std::move(sink)),
        observer_(observer) {}

  // An HttpListener::Handler.
  void Handle(const HttpRequest& request, HttpResponder respond);

 private:
  // A request under way.
  struct Exchange;

  void Verify(const HttpTarget& target, Exchange exchange);
  void Deliver(const HttpRequest& request, Exchange exchange);
  void Answer(Exchange& exchange, WebhookVerdict verdict);
  // Writes a line on a cause that an operator should know, and at the level
  // debug one on every request.
  static void Log(const Exchange& exchange, const WebhookAnswer& answer,
                  std::chrono::nanoseconds latency);

  const ChannelRegistry& registry_;
  Ingest& ingest_;
  const WebhookSink sink_;
  WebhookObserver& observer_;
};

}  // namespace linktor
