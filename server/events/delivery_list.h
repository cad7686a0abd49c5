// A DeliveryList tells, page by page, what became of webhook deliveries. A
// delivery is one POST from Meta. EventService answers the method
// ListDeliveries with it. A DeliveryList is thread-safe, and it keeps nothing
// in memory between two calls. List reads the disk and must be called on the
// executor (base/executor.h).

#pragma once

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/event_service.pb.h"
#include "server/base/strings.h"
#include "server/base/v1.h"
#include "server/state/state_reader.h"

namespace linktor::events {

class DeliveryList {
 public:
  // One page looks at no more than this many deliveries, so that a request
  // which skips nearly all deliveries does not occupy a thread for long.
  // event_service.proto promises this limit.
  static constexpr int kMaxLookedAt = 20'000;

  // `state` must outlive this object.
  explicit DeliveryList(state::StateReader& state) : state_(state) {}

  // Returns the page that the request asks for. The request has been validated:
  // its channels are known, and the caller's API key covers them. `covered` has
  // the channels that the key covers, or is empty when the key covers all
  // channels. List fails with INVALID_REQUEST for a page token of another
  // method. It also fails when the disk cannot be read.
  absl::StatusOr<v1::ListDeliveriesResponse> List(
      const v1::ListDeliveriesRequest& request, const StringSet& covered);

 private:
  state::StateReader& state_;
};

}  // namespace linktor::events
