// The interface through which calls to Meta tell the metrics and the log how
// they went; implemented in app/.

#pragma once

#include <chrono>
#include <string_view>

#include "absl/status/status.h"

namespace linktor {

// The purpose of a call, as logs and metrics name it.
inline constexpr std::string_view kGraphSend = "send";
inline constexpr std::string_view kGraphUserProfile = "user_profile";
inline constexpr std::string_view kGraphSetIceBreakers = "set_ice_breakers";
inline constexpr std::string_view kGraphGetIceBreakers = "get_ice_breakers";
inline constexpr std::string_view kGraphDeleteIceBreakers =
    "delete_ice_breakers";

class GraphObserver {
 public:
  virtual ~GraphObserver() = default;
  // A call has ended, with OK or with an error of the error map. Called on a
  // thread of the transport; must not block.
  virtual void OnGraphCall(std::string_view operation,
                           std::string_view channel_id,
                           const absl::Status& status,
                           std::chrono::nanoseconds latency) = 0;
};

}  // namespace linktor
