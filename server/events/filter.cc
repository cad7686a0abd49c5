#include "server/events/filter.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"

namespace linktor {
namespace {

constexpr int kMaxChannels = 1000;
constexpr int kMaxTypes = 100;
constexpr int kMaxUsers = 1000;

// Every type the contract names, also those this version does not make yet: a
// client written for a newer server gets silence, a misspelt name an error.
constexpr std::array<std::string_view, 29> kTypes = {
    "message.received",
    "instagram.story_mention",
    "instagram.story_reply",
    "instagram.quick_reply",
    "instagram.postback",
    "instagram.reaction",
    "instagram.product_share",
    "message.echoed",
    "message.edited",
    "message.unsent",
    "message.read",
    "message.sent",
    "message.failed",
    "message.unconfirmed",
    "instagram.referral",
    "instagram.optin",
    "instagram.handover",
    "instagram.comment",
    "instagram.live_comment",
    "instagram.mention",
    "instagram.story_insights",
    "instagram.feedback",
    "instagram.policy_enforcement",
    "instagram.unknown",
    "conversation.window_closing",
    "channel.degraded",
    "channel.recovered",
    "channel.token_expiring",
    "channel.silent"};

bool IsKnown(std::string_view type) {
  if (type.ends_with(".*")) {
    const std::string_view group = type.substr(0, type.size() - 1);
    return std::any_of(kTypes.begin(), kTypes.end(), [&](std::string_view t) {
      return t.starts_with(group);
    });
  }
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

}  // namespace

EventFilter::EventFilter(const v1::SubscribeEventsRequest& request,
                         const StringSet& covered)
    : channels_(request.channel_ids().begin(), request.channel_ids().end()),
      users_(request.user_ids().begin(), request.user_ids().end()) {
  // Named ones have been judged already.
  if (channels_.empty()) channels_ = covered;
  for (const std::string& type : request.types()) {
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
           absl::StrCat("'", request.types(i), "' is not an event type")});
    }
  }
  return found;
}

}  // namespace linktor
