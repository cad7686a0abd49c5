// Says which events a subscriber wants. A stream makes one of its request and
// asks it for each event, from the thread that writes to the stream. Pure, and
// constant once it is made.

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
  // This filter lets everything through.
  EventFilter() = default;
  // The request is one of a stream or of a list, and has passed CheckFilter.
  // `covered` has the channels that the caller's API key covers, or is empty
  // when that is all of them; it only counts when the request names no
  // channels, because the named ones have been judged by then.
  template <typename Request>
  EventFilter(const Request& request, const StringSet& covered)
      : EventFilter(Texts{request.channel_ids()}, Texts{request.types()},
                    Texts{request.user_ids()}, covered) {}

  // Returns true when it hides nothing: then no event need be looked at.
  bool everything() const {
    return channels_.empty() && types_.empty() && groups_.empty() &&
           users_.empty();
  }
  // The channels that it lets through; empty when that is all of them.
  const StringSet& channels() const { return channels_; }
  // Returns true when the event goes to the subscriber: its channel, customer
  // and type all have to be wanted. `user_id` is empty for events about nobody,
  // which no filter with customers wants.
  bool Wants(std::string_view type, std::string_view channel_id,
             std::string_view user_id) const;

 private:
  // A Texts borrows the texts of one field.
  struct Texts {
    const google::protobuf::RepeatedPtrField<std::string>& all;
  };
  EventFilter(Texts channel_ids, Texts types, Texts user_ids,
              const StringSet& covered);

  // An empty set wants everything of its kind; types_ and groups_ are one kind.
  StringSet channels_;
  StringSet types_;
  // A wanted type may begin with one of these: "instagram." for "instagram.*".
  std::vector<std::string> groups_;
  StringSet users_;
};

// Returns everything that is wrong with the request's filter: too many entries,
// and types that this server never makes, with which a stream would be silent.
// Empty when all is right.
std::vector<FieldViolation> CheckFilter(
    const v1::SubscribeEventsRequest& request);
std::vector<FieldViolation> CheckFilter(const v1::ListEventsRequest& request);

}  // namespace linktor::events
