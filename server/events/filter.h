// An EventFilter says which events a caller wants. A stream of SubscribeEvents
// makes a filter from its request and asks it about each event, on the thread
// that reads events for the stream. EventList makes a filter for each request
// of ListEvents. A filter is constant once it is made. All functions here are
// pure.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "linktor/instagram/v1/event_service.pb.h"
#include "server/base/status.h"
#include "server/base/strings.h"

namespace linktor::events {

class EventFilter {
 public:
  // This makes a filter that lets everything through.
  EventFilter() = default;
  // The request is a SubscribeEventsRequest or a ListEventsRequest, and
  // CheckFilter has found nothing wrong with it. `covered` has the channels
  // that the caller's API key covers, or is empty when the key covers all
  // channels. `covered` only matters when the request names no channels. When
  // the request names channels, the server has already checked that the key
  // covers them.
  template <typename Request>
  EventFilter(const Request& request, const StringSet& covered)
      : EventFilter(Texts{request.channel_ids()}, Texts{request.types()},
                    Texts{request.user_ids()}, covered) {}

  // Returns true when the filter hides nothing, so that the caller need not
  // look at each event.
  bool everything() const {
    return channels_.empty() && types_.empty() && groups_.empty() &&
           users_.empty();
  }
  // Returns the channels that the filter lets through; empty when it lets all
  // of them through.
  const StringSet& channels() const { return channels_; }
  // Returns true when the caller wants the event: its channel, its customer and
  // its type are all wanted. `user_id` is empty for an event about no customer.
  // A filter that names customers does not want such an event.
  bool Wants(std::string_view type, std::string_view channel_id,
             std::string_view user_id) const;

 private:
  // A Texts borrows the texts of one field of the request.
  struct Texts {
    const google::protobuf::RepeatedPtrField<std::string>& all;
  };
  EventFilter(Texts channel_ids, Texts types, Texts user_ids,
              const StringSet& covered);

  // An empty channels_ wants every channel, and an empty users_ wants every
  // customer. Every type is wanted when types_ and groups_ are both empty.
  StringSet channels_;
  StringSet types_;
  // A type is also wanted when it begins with one of these texts: "instagram."
  // stands for "instagram.*".
  std::vector<std::string> groups_;
  StringSet users_;
};

// Returns everything that is wrong with the filter of the request. A field may
// have too many entries, or a type may be one of which this server never makes
// an event. Such a type is an error, because a stream that wants only this type
// would never have an event. The result is empty when nothing is wrong.
std::vector<FieldViolation> CheckFilter(
    const v1::SubscribeEventsRequest& request);
std::vector<FieldViolation> CheckFilter(const v1::ListEventsRequest& request);

}  // namespace linktor::events
