// The interface through which a webhook's way is counted; implemented by the
// metrics.

#pragma once

#include <chrono>
#include <string_view>

#include "server/state/effects.h"
#include "server/webhook/answer.h"

namespace linktor {

class WebhookObserver {
 public:
  virtual ~WebhookObserver() = default;
  // A request was answered, so long after it had been read.
  virtual void OnAnswer(WebhookVerdict verdict,
                        std::chrono::nanoseconds latency) = 0;
  // A delivery is durable.
  virtual void OnOutcome(const DeliveryAnswer& counts) = 0;
  // An item came that is delivered as instagram.unknown. `kind` is as Meta
  // names it.
  virtual void OnUnknownItem(std::string_view kind) = 0;
  // An item came whose account no channel has.
  virtual void OnForeignItem() = 0;
};

}  // namespace linktor
