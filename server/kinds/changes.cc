#include "server/kinds/changes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "server/kinds/table.h"

namespace linktor::kinds {

const google::protobuf::Timestamp& HappenTime(const v1::Event& event) {
  return event.has_event_time() ? event.event_time() : event.receive_time();
}

void ApplyChanges(const std::vector<v1::Event>& events, v1::Message& message) {
  // The last part keeps events of one time in the order of the log.
  using Place = std::tuple<std::int64_t, std::int32_t, std::size_t>;
  std::vector<Place> places;
  places.reserve(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const google::protobuf::Timestamp& time = HappenTime(events[i]);
    places.emplace_back(time.seconds(), time.nanos(), i);
  }
  std::sort(places.begin(), places.end());
  for (const Place& place : places) {
    const v1::Event& event = events[std::get<std::size_t>(place)];
    const Kind& kind = FindPayload(event.payload_case());
    if (kind.change != nullptr) kind.change(event, message);
  }
}

}  // namespace linktor::kinds
