// A FakeGraphObserver remembers all calls to Meta that are reported to it.

#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/graph/observer.h"

namespace linktor {

class FakeGraphObserver final : public graph::GraphObserver {
 public:
  struct Call {
    std::string operation;
    std::string channel_id;
    absl::Status status;
  };

  void OnGraphCall(std::string_view operation, std::string_view channel_id,
                   const absl::Status& status,
                   std::chrono::nanoseconds) override {
    calls.push_back({std::string(operation), std::string(channel_id), status});
  }

  std::vector<Call> calls;
};

}  // namespace linktor
