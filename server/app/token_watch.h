// A TokenWatch notes what Meta's answers say about each channel's access token,
// for the metrics, and passes calls on to the metrics themselves. The Graph
// client calls it on libcurl's thread. It is thread-safe, and does not block.

#pragma once

#include <chrono>
#include <string_view>

#include "absl/status/status.h"
#include "server/channels/registry.h"
#include "server/graph/observer.h"

namespace linktor::app {

// It is a decorator: the App puts it between the Graph client and the metrics.
class TokenWatch final : public graph::GraphObserver {
 public:
  // Both must outlive this.
  TokenWatch(const channels::ChannelRegistry& registry,
             graph::GraphObserver& next)
      : registry_(registry), next_(next) {}

  // An answer with OK means that the token is good; one of Meta's that says
  // that it is no longer valid means refused; any other answer says nothing
  // about it. A channel that is gone is ignored.
  void OnGraphCall(std::string_view operation, std::string_view channel_id,
                   const absl::Status& status,
                   std::chrono::nanoseconds latency) override;

 private:
  // The state is kept in the notes of the channel's entry, which outlive its
  // revisions.
  const channels::ChannelRegistry& registry_;
  // The metrics come next.
  graph::GraphObserver& next_;
};

}  // namespace linktor::app
