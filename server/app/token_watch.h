// A TokenWatch notes what Meta's answers say about each channel's access token.
// The metrics show this state of the tokens. The Graph client reports the end
// of each call to the TokenWatch, usually on libcurl's thread. The TokenWatch
// passes each report on to the metrics, which count the calls. It is
// thread-safe and does not block.

#pragma once

#include <chrono>
#include <string_view>

#include "absl/status/status.h"
#include "server/channels/registry.h"
#include "server/graph/observer.h"

namespace linktor::app {

// The class is a decorator: the App puts it between the Graph client and the
// metrics.
class TokenWatch final : public graph::GraphObserver {
 public:
  // `registry` and `next` must outlive this object.
  TokenWatch(const channels::ChannelRegistry& registry,
             graph::GraphObserver& next)
      : registry_(registry), next_(next) {}

  // Passes the report on to `next`, and then notes the state of the channel's
  // token. A status of OK means that the token is good. When Meta's error says
  // that the token is no longer valid, the state becomes "refused". Any other
  // status says nothing about the token. When the channel no longer exists,
  // nothing is noted.
  void OnGraphCall(std::string_view operation, std::string_view channel_id,
                   const absl::Status& status,
                   std::chrono::nanoseconds latency) override;

 private:
  // The state of a token is kept in the ChannelNotes of the channel's entry in
  // the registry (channels/registry.h). All revisions of the channel share
  // these notes. When the channel gets another token, the state becomes unknown
  // again.
  const channels::ChannelRegistry& registry_;
  // The next observer is the metrics.
  graph::GraphObserver& next_;
};

}  // namespace linktor::app
