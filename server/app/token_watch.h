// Notes what Meta says of each channel's access token, and passes calls on to
// the metrics. Thread-safe.

#pragma once

#include <chrono>
#include <string_view>

#include "absl/status/status.h"
#include "server/channels/registry.h"
#include "server/graph/observer.h"

namespace linktor {

class TokenWatch final : public GraphObserver {
 public:
  // Both must outlive this.
  TokenWatch(const ChannelRegistry& registry, GraphObserver& next)
      : registry_(registry), next_(next) {}

  void OnGraphCall(std::string_view operation, std::string_view channel_id,
                   const absl::Status& status,
                   std::chrono::nanoseconds latency) override;

 private:
  const ChannelRegistry& registry_;
  GraphObserver& next_;
};

}  // namespace linktor
