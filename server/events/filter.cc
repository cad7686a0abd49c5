#include "server/events/filter.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/kinds/table.h"

namespace linktor::events {
namespace {

// event_service.proto promises these limits.
constexpr int kMaxChannels = 1000;
constexpr int kMaxTypes = 100;
constexpr int kMaxUsers = 1000;

bool IsKnown(std::string_view type) {
  const std::vector<std::string>& types = kinds::Types();
  if (!type.ends_with(".*")) {
    return std::find(types.begin(), types.end(), type) != types.end();
  }
  const std::string_view group = type.substr(0, type.size() - 1);
  return std::any_of(types.begin(), types.end(), [&](const std::string& one) {
    return one.starts_with(group);
  });
}

// Both requests have the same three fields.
template <typename Request>
std::vector<FieldViolation> CheckTexts(const Request& request) {
  std::vector<FieldViolation> found;
  const auto at_most = [&found](int size, int limit, const char* field) {
    if (size > limit) {
      found.push_back(
          {field, absl::StrCat("has ", size, " entries; at most ", limit)});
    }
  };
  at_most(request.channel_ids_size(), kMaxChannels, "channel_ids");
  at_most(request.types_size(), kMaxTypes, "types");
  at_most(request.user_ids_size(), kMaxUsers, "user_ids");
  for (int i = 0; i < std::min(request.types_size(), kMaxTypes); ++i) {
    if (!IsKnown(request.types(i))) {
      found.push_back(
          {absl::StrCat("types[", i, "]"),
           absl::StrCat("'", request.types(i),
                        "' is no type of which this server makes events; "
                        "GetServerInfo lists them")});
    }
  }
  return found;
}

}  // namespace

EventFilter::EventFilter(Texts channel_ids, Texts types, Texts user_ids,
                         const StringSet& covered)
    : channels_(channel_ids.all.begin(), channel_ids.all.end()),
      users_(user_ids.all.begin(), user_ids.all.end()) {
  // Channels that the request names have been judged already.
  if (channels_.empty()) channels_ = covered;
  for (const std::string& type : types.all) {
    if (type.ends_with(".*")) {
      groups_.push_back(type.substr(0, type.size() - 1));
    } else {
      types_.insert(type);
    }
  }
}

bool EventFilter::Wants(std::string_view type, std::string_view channel_id,
                        std::string_view user_id) const {
  if (!channels_.empty() && !channels_.contains(channel_id)) return false;
  if (!users_.empty() && !users_.contains(user_id)) return false;
  if (types_.empty() && groups_.empty()) return true;
  return types_.contains(type) ||
         std::any_of(groups_.begin(), groups_.end(),
                     [&](const std::string& g) { return type.starts_with(g); });
}

std::vector<FieldViolation> CheckFilter(
    const v1::SubscribeEventsRequest& request) {
  return CheckTexts(request);
}

std::vector<FieldViolation> CheckFilter(const v1::ListEventsRequest& request) {
  return CheckTexts(request);
}

}  // namespace linktor::events
