// The endpoint, Ingest and WaitingItems report to this interface. The metrics
// implement it, to count webhooks. The calls come on the listener's threads, on
// the thread on which the journal answers, and on the thread of WaitingItems,
// several at a time. So an implementation must be thread-safe, and it must not
// block.

#pragma once

#include <chrono>
#include <string_view>

#include "server/state/effects.h"
#include "server/webhook/answer.h"

namespace linktor::webhook {

// The endpoint, Ingest and WaitingItems borrow it, so it must outlive all
// three.
class WebhookObserver {
 public:
  virtual ~WebhookObserver() = default;
  // A request was answered, whatever the answer is. `latency` is the time that
  // has passed since the whole request had been read.
  virtual void OnAnswer(WebhookVerdict verdict,
                        std::chrono::nanoseconds latency) = 0;
  // A delivery is durable. `counts` says what became of its items. This
  // function is called before OnAnswer for the same request.
  virtual void OnOutcome(const state::DeliveryAnswer& counts) = 0;
  // An item is delivered as instagram.unknown. `kind` is the name that Meta
  // gives it, so it may be any text of up to 64 bytes. When Ingest calls this
  // function, the item is not durable yet.
  virtual void OnUnknownItem(std::string_view kind) = 0;
  // An item came for an account that no channel with the same app secret has.
  // The item is not durable yet.
  virtual void OnForeignItem() = 0;
};

}  // namespace linktor::webhook
