// Through this interface webhooks are counted. The metrics implement it. The
// endpoint and ingest call it, on the listener's threads and on the thread that
// the journal answers on, several at a time. So it must be thread-safe, and it
// must not block.

#pragma once

#include <chrono>
#include <string_view>

#include "server/state/effects.h"
#include "server/webhook/answer.h"

namespace linktor::webhook {

// The endpoint and ingest borrow it, so it must outlive both.
class WebhookObserver {
 public:
  virtual ~WebhookObserver() = default;
  // A request was answered, whatever the answer. `latency` is the time since
  // the whole request had been read.
  virtual void OnAnswer(WebhookVerdict verdict,
                        std::chrono::nanoseconds latency) = 0;
  // A delivery is durable. `counts` says what became of its items. It is called
  // before OnAnswer for the same request.
  virtual void OnOutcome(const state::DeliveryAnswer& counts) = 0;
  // An item came that is delivered as instagram.unknown. `kind` is as Meta
  // names it, so it may be any text of up to 64 bytes. The item is not durable
  // yet.
  virtual void OnUnknownItem(std::string_view kind) = 0;
  // An item came for an account that no channel with the same app secret has.
  // It is not durable yet.
  virtual void OnForeignItem() = 0;
};

}  // namespace linktor::webhook
