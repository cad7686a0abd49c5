// The Graph client tells this interface how calls to Meta ended. Two classes in
// app/ implement it: Metrics, and TokenWatch, which notes whether Meta accepts
// a channel's access token. The Graph client calls TokenWatch, and TokenWatch
// then calls Metrics.

#pragma once

#include <chrono>
#include <string_view>

#include "absl/status/status.h"

namespace linktor::graph {

// These names say in logs and metrics what a call is for. Operators use them in
// dashboards and alerts, so they must not change. They are constants, so that a
// call can carry a name without a copy.
inline constexpr std::string_view kGraphSend = "send";
inline constexpr std::string_view kGraphUserProfile = "user_profile";
inline constexpr std::string_view kGraphMessageMedia = "message_media";
inline constexpr std::string_view kGraphSetIceBreakers = "set_ice_breakers";
inline constexpr std::string_view kGraphGetIceBreakers = "get_ice_breakers";
inline constexpr std::string_view kGraphDeleteIceBreakers =
    "delete_ice_breakers";

// An implementation must be thread-safe, because calls end on the transport's
// thread, or on a caller's thread when the transport has stopped.
class GraphObserver {
 public:
  virtual ~GraphObserver() = default;
  // Says that a call to Meta has ended, with OK or with an error from the error
  // map (error_map.h). The Graph client calls this function once for each call
  // to Meta, before its own caller gets the result. The function must not
  // block, because the transport's only thread would wait. `latency` is the
  // time from the start of the call to Meta until its answer, by the steady
  // clock. It includes the wait for a free connection. The function may use its
  // arguments only until it returns.
  virtual void OnGraphCall(std::string_view operation,
                           std::string_view channel_id,
                           const absl::Status& status,
                           std::chrono::nanoseconds latency) = 0;
};

}  // namespace linktor::graph
