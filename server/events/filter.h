// Which events a subscriber wants. Pure.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "linktor/instagram/v1/event_service.pb.h"
#include "server/base/status.h"
#include "server/base/strings.h"

namespace linktor {

class EventFilter {
 public:
  // Everything.
  EventFilter() = default;
  // `covered`: the channels that the caller's API key covers; empty: all.
  EventFilter(const v1::SubscribeEventsRequest& request,
              const StringSet& covered);

  // Whether it hides nothing.
  bool everything() const {
    return channels_.empty() && types_.empty() && groups_.empty() &&
           users_.empty();
  }
  // The channels it lets through; empty: all.
  const StringSet& channels() const { return channels_; }
  bool Wants(std::string_view type, std::string_view channel_id,
             std::string_view user_id) const;

 private:
  StringSet channels_;
  StringSet types_;
  // "instagram." for "instagram.*".
  std::vector<std::string> groups_;
  StringSet users_;
};

// What is wrong with the request's filter.
std::vector<FieldViolation> CheckFilter(
    const v1::SubscribeEventsRequest& request);

}  // namespace linktor
