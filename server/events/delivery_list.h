// A DeliveryList tells what became of webhook deliveries, page by page. The
// EventService asks it. It is thread-safe, and keeps nothing in memory. List
// reads the disk and belongs on an executor.

#pragma once

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/event_service.pb.h"
#include "server/base/strings.h"
#include "server/base/v1.h"
#include "server/state/state_reader.h"

namespace linktor::events {

class DeliveryList {
 public:
  // One page looks at no more than so many deliveries, which
  // event_service.proto promises.
  static constexpr int kMaxLookedAt = 20'000;

  // `state` must outlive this.
  explicit DeliveryList(state::StateReader& state) : state_(state) {}

  // Returns the page that the request asks for. The request has been validated,
  // and its channels are covered and known. `covered` has the channels that the
  // caller's API key covers, or is empty when that is all of them. It fails
  // with INVALID_REQUEST for a page token of another method, or when the disk
  // cannot be read.
  absl::StatusOr<v1::ListDeliveriesResponse> List(
      const v1::ListDeliveriesRequest& request, const StringSet& covered);

 private:
  state::StateReader& state_;
};

}  // namespace linktor::events
