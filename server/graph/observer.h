// This is the interface through which calls to Meta tell how they went. The
// metrics implement it, and the watch over tokens, in app/; the one that is
// given to the client passes each call on to the other.

#pragma once

#include <chrono>
#include <string_view>

#include "absl/status/status.h"

namespace linktor::graph {

// These name the purpose of a call in logs and metrics. Operators' dashboards
// and alerts have them: do not change. They are constants, so that a call can
// carry one without a copy.
inline constexpr std::string_view kGraphSend = "send";
inline constexpr std::string_view kGraphUserProfile = "user_profile";
inline constexpr std::string_view kGraphMessageMedia = "message_media";
inline constexpr std::string_view kGraphSetIceBreakers = "set_ice_breakers";
inline constexpr std::string_view kGraphGetIceBreakers = "get_ice_breakers";
inline constexpr std::string_view kGraphDeleteIceBreakers =
    "delete_ice_breakers";

// It is thread-safe, because calls end on the transport's thread, or on a
// caller's when the transport has stopped.
class GraphObserver {
 public:
  virtual ~GraphObserver() = default;
  // A call has ended, with OK or with an error of the error map. It is called
  // once for each call, before the caller hears of it; it must not block,
  // because the transport's one thread would wait. `latency` is from the call's
  // begin to its answer, in steady time, waiting for a free connection
  // included. The arguments are borrowed for the call.
  virtual void OnGraphCall(std::string_view operation,
                           std::string_view channel_id,
                           const absl::Status& status,
                           std::chrono::nanoseconds latency) = 0;
};

}  // namespace linktor::graph
