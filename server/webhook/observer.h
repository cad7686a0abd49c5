// The endpoint, Ingest and WaitingItems report to this interface. The class
// Metrics in app/ implements it, to count webhooks. The calls come on the
// listener's threads, on the thread on which the journal answers, and on the
// thread of WaitingItems, several at a time. So an implementation must be
// thread-safe, and it must not block.

#pragma once

#include <chrono>
#include <string_view>

#include "server/state/effects.h"
#include "server/webhook/answer.h"

namespace linktor::webhook {

// The endpoint, Ingest and WaitingItems hold a reference to the observer, so
// the observer must outlive all three.
class WebhookObserver {
 public:
  virtual ~WebhookObserver() = default;
  // Says that the endpoint now answers a request with this verdict. `latency`
  // is the time that has passed since the whole request had been read.
  virtual void OnAnswer(WebhookVerdict verdict,
                        std::chrono::nanoseconds latency) = 0;
  // Says that a delivery is durable (safe on the disk). `counts` says what
  // became of its items. For one request, the endpoint calls this function
  // before OnAnswer.
  virtual void OnOutcome(const state::DeliveryAnswer& counts) = 0;
  // Says that an item is delivered as instagram.unknown. `kind` is the name
  // that Meta gives the item, so it may be any text of up to 64 bytes. When
  // Ingest calls this function, the item is not durable yet.
  virtual void OnUnknownItem(std::string_view kind) = 0;
  // Says that an item came for an account that no channel with the same app
  // secret has. The item is not durable yet.
  virtual void OnForeignItem() = 0;
};

}  // namespace linktor::webhook
