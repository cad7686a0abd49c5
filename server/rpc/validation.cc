#include "server/rpc/validation.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/ids.h"
#include "server/base/status.h"
#include "server/base/strings.h"
#include "server/events/filter.h"
#include "server/policy/content.h"
#include "server/rpc/checks.h"

namespace linktor::rpc {
namespace {

constexpr std::size_t kMaxName = 200;
constexpr std::size_t kMaxToken = 4096;
constexpr std::size_t kMaxSecret = 256;
constexpr std::size_t kMaxMid = 1024;
constexpr int kMaxAppSecretsGiven = 2;
constexpr int kMaxBatch = 1000;
constexpr int kMaxStates = 10;
constexpr int kMaxRedriven = 100;
constexpr int kMinHeartbeatSeconds = 1;
constexpr int kMaxHeartbeatSeconds = 300;

// These fields of Channel can be changed.
constexpr std::array<std::string_view, 4> kMutableFields = {
    "name", "page_id", "api_version", "on_no_history"};

// Takes digits after "v", a dot, digits.
bool IsApiVersion(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (!text.starts_with('v') || dot == std::string_view::npos) return false;
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.size() <= 3 &&
           std::all_of(part.begin(), part.end(), [](char c) {
             return absl::ascii_isdigit(static_cast<unsigned char>(c));
           });
  };
  return digits(text.substr(1, dot - 1)) && digits(text.substr(dot + 1));
}

// Takes texts such as "en_GB".
bool IsLocale(std::string_view text) {
  const std::size_t bar = text.find('_');
  if (bar != 2 && bar != 3) return false;
  const std::string_view region = text.substr(bar + 1);
  return region.size() == 2 &&
         std::all_of(text.begin(), text.begin() + static_cast<long>(bar),
                     [](unsigned char c) { return absl::ascii_islower(c); }) &&
         std::all_of(region.begin(), region.end(),
                     [](unsigned char c) { return absl::ascii_isupper(c); });
}

bool IsBefore(const google::protobuf::Timestamp& one,
              const google::protobuf::Timestamp& other) {
  return std::pair(one.seconds(), one.nanos()) <
         std::pair(other.seconds(), other.nanos());
}

// Checks which stretch of the log a list is of, and the size of its pages. The
// list itself looks at the token, because only the log can read it.
template <typename ListRequest>
void CheckStretch(const ListRequest& request, Checks& checks) {
  if (request.has_since()) checks.Time(request.since(), "since");
  if (request.has_until()) checks.Time(request.until(), "until");
  checks.Require(!request.has_since() || !request.has_until() ||
                     !IsBefore(request.until(), request.since()),
                 "until", "must not be before since");
  checks.Require(v1::ListOrder_IsValid(request.order()), "order",
                 "is not a known order");
  checks.Require(request.page_size() >= 0, "page_size", "must not be negative");
}

// Checks one of kMutableFields; any other name passes.
void CheckChannelField(std::string_view field, const v1::Channel& channel,
                       Checks& checks) {
  if (field == "name") {
    checks.Size(channel.name(), 0, kMaxName, "channel.name");
  } else if (field == "page_id") {
    checks.Require(channel.page_id().empty() || IsNumericId(channel.page_id()),
                   "channel.page_id", "must be 1-32 digits");
  } else if (field == "api_version") {
    checks.Require(
        channel.api_version().empty() || IsApiVersion(channel.api_version()),
        "channel.api_version", "must look like v25.0");
  } else if (field == "on_no_history") {
    checks.Require(v1::NoHistoryPolicy_IsValid(channel.on_no_history()),
                   "channel.on_no_history", "is not a known policy");
  }
}

}  // namespace

absl::Status Validate(const v1::CreateChannelRequest& request) {
  Checks checks;
  const v1::Channel& channel = request.channel();
  if (!channel.id().empty()) checks.ChannelId(channel.id(), "channel.id");
  checks.Require(v1::LoginType_IsValid(channel.login_type()),
                 "channel.login_type", "is not a known login type");
  checks.Require(channel.login_type() == v1::LOGIN_TYPE_INSTAGRAM_LOGIN ||
                     !channel.page_id().empty(),
                 "channel.page_id", "is required with Facebook Login");
  checks.NumericId(channel.instagram_account_id(),
                   "channel.instagram_account_id",
                   "entry.id of the account's webhooks");
  for (const std::string_view field : kMutableFields) {
    CheckChannelField(field, channel, checks);
  }
  const v1::ChannelCredentials& credentials = request.credentials();
  checks.Size(credentials.access_token(), 0, kMaxToken,
              "credentials.access_token");
  checks.Require(credentials.app_secrets_size() <= kMaxAppSecretsGiven,
                 "credentials.app_secrets", "at most two");
  for (int i = 0; i < credentials.app_secrets_size(); ++i) {
    checks.Size(credentials.app_secrets(i), 1, kMaxSecret,
                absl::StrCat("credentials.app_secrets[", i, "]"));
  }
  checks.Size(credentials.verify_token(), 0, kMaxSecret,
              "credentials.verify_token");
  if (!request.request_id().empty()) checks.RequestId(request.request_id());
  return checks.Result();
}

absl::Status Validate(const v1::GetChannelRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  return checks.Result();
}

absl::Status Validate(const v1::ListChannelsRequest& request) {
  Checks checks;
  checks.Page(PagedList::kChannels, request);
  return checks.Result();
}

absl::Status Validate(const v1::UpdateChannelRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel().id(), "channel.id");
  checks.Require(request.update_mask().paths_size() > 0, "update_mask",
                 "is required: the fields to change");
  for (const std::string& path : request.update_mask().paths()) {
    checks.Require(std::find(kMutableFields.begin(), kMutableFields.end(),
                             path) != kMutableFields.end(),
                   "update_mask",
                   absl::StrCat("'", path,
                                "' cannot be changed; name, page_id, "
                                "api_version and on_no_history can"));
    // Fields that the mask does not name are not looked at.
    CheckChannelField(path, request.channel(), checks);
  }
  return checks.Result();
}

absl::Status Validate(const v1::DeleteChannelRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  return checks.Result();
}

absl::Status Validate(const v1::SetChannelCredentialsRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  checks.Size(request.access_token(), 0, kMaxToken, "access_token");
  checks.Size(request.verify_token(), 0, kMaxSecret, "verify_token");
  if (request.has_add_app_secret()) {
    checks.Size(request.add_app_secret(), 1, kMaxSecret, "add_app_secret");
  }
  checks.Require(request.has_access_token() || request.has_verify_token() ||
                     request.has_add_app_secret() ||
                     request.has_remove_app_secret(),
                 "access_token",
                 "nothing to change: set access_token, verify_token, "
                 "add_app_secret or remove_app_secret");
  return checks.Result();
}

absl::Status Validate(const v1::SetIceBreakersRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  checks.Add(policy::CheckIceBreakers(request.ice_breakers(), "ice_breakers"));
  StringSet seen;
  for (int i = 0; i < request.localizations_size(); ++i) {
    const std::string at = absl::StrCat("localizations[", i, "]");
    const v1::LocalizedIceBreakers& localized = request.localizations(i);
    checks.Require(IsLocale(localized.locale()), at + ".locale",
                   "must look like en_GB");
    checks.Require(seen.insert(localized.locale()).second, at + ".locale",
                   "is there twice");
    checks.Add(policy::CheckIceBreakers(localized.ice_breakers(),
                                        at + ".ice_breakers"));
  }
  return checks.Result();
}

absl::Status Validate(const v1::GetIceBreakersRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  return checks.Result();
}

absl::Status Validate(const v1::DeleteIceBreakersRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  return checks.Result();
}

absl::Status Validate(const v1::SendMessageRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  checks.UserId(request.to(), "to");
  checks.Require(request.tag() == v1::MESSAGE_TAG_UNSPECIFIED ||
                     request.tag() == v1::MESSAGE_TAG_HUMAN_AGENT,
                 "tag", "must be MESSAGE_TAG_HUMAN_AGENT or absent");
  if (!request.request_id().empty()) checks.RequestId(request.request_id());
  const v1::ErrorReason reason = checks.empty()
                                     ? v1::ERROR_REASON_INVALID_CONTENT
                                     : v1::ERROR_REASON_INVALID_REQUEST;
  checks.Add(policy::CheckContent(request.content()));
  return checks.Result(reason);
}

absl::Status Validate(const v1::GetMessageRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  switch (request.key_case()) {
    case v1::GetMessageRequest::kMessageId:
      checks.Require(!ParseId(kMessagePrefix, request.message_id()).empty(),
                     "message_id", "is not a message id of this server");
      break;
    case v1::GetMessageRequest::kRequestId:
      checks.RequestId(request.request_id());
      break;
    case v1::GetMessageRequest::kMid:
      checks.Size(request.mid(), 1, kMaxMid, "mid");
      break;
    case v1::GetMessageRequest::KEY_NOT_SET:
      checks.Require(false, "key",
                     "one of message_id, request_id and mid is required");
      break;
  }
  return checks.Result();
}

absl::Status Validate(const v1::ListMessagesRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  if (!request.user_id().empty()) checks.UserId(request.user_id(), "user_id");
  checks.Require(request.states_size() <= kMaxStates, "states",
                 absl::StrCat("has ", request.states_size(),
                              " entries; at most ", kMaxStates));
  for (int i = 0; i < std::min(request.states_size(), kMaxStates); ++i) {
    checks.Require(request.states(i) != v1::MESSAGE_STATE_UNSPECIFIED &&
                       v1::MessageState_IsValid(request.states(i)),
                   absl::StrCat("states[", i, "]"), "is not a known state");
  }
  CheckStretch(request, checks);
  return checks.Result();
}

absl::Status Validate(const v1::ResolveMessageRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  checks.Require(!ParseId(kMessagePrefix, request.message_id()).empty(),
                 "message_id", "is not a message id of this server");
  checks.Require(request.resolution() == v1::MESSAGE_RESOLUTION_SENT ||
                     request.resolution() == v1::MESSAGE_RESOLUTION_NOT_SENT,
                 "resolution",
                 "must be MESSAGE_RESOLUTION_SENT or "
                 "MESSAGE_RESOLUTION_NOT_SENT");
  checks.Size(request.mid(), 0, kMaxMid, "mid");
  checks.Require(request.mid().empty() ||
                     request.resolution() == v1::MESSAGE_RESOLUTION_SENT,
                 "mid", "can only be given with MESSAGE_RESOLUTION_SENT");
  return checks.Result();
}

absl::Status Validate(const v1::ListConversationsRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  checks.Require(request.page_size() >= 0, "page_size", "must not be negative");
  return checks.Result();
}

absl::Status Validate(const v1::GetConversationRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  checks.UserId(request.user_id(), "user_id");
  return checks.Result();
}

absl::Status Validate(const v1::EraseUserRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  checks.UserId(request.user_id(), "user_id");
  return checks.Result();
}

absl::Status Validate(const v1::UpdateConversationRequest& request) {
  Checks checks;
  checks.ChannelId(request.conversation().channel_id(),
                   "conversation.channel_id");
  checks.UserId(request.conversation().user_id(), "conversation.user_id");
  checks.Require(request.update_mask().paths_size() > 0, "update_mask",
                 "is required: opted_out");
  for (const std::string& path : request.update_mask().paths()) {
    checks.Require(
        path == "opted_out", "update_mask",
        absl::StrCat("'", path, "' cannot be changed; opted_out can"));
  }
  return checks.Result();
}

absl::Status Validate(const v1::GetUserProfileRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  checks.UserId(request.user_id(), "user_id");
  return checks.Result();
}

absl::Status Validate(const v1::RefreshMediaRequest& request) {
  Checks checks;
  checks.ChannelId(request.channel_id());
  switch (request.key_case()) {
    case v1::RefreshMediaRequest::kMessageId:
      checks.Require(!ParseId(kMessagePrefix, request.message_id()).empty(),
                     "message_id", "is not a message id of this server");
      break;
    case v1::RefreshMediaRequest::kMid:
      checks.Size(request.mid(), 1, kMaxMid, "mid");
      break;
    case v1::RefreshMediaRequest::KEY_NOT_SET:
      checks.Require(false, "key", "one of message_id and mid is required");
      break;
  }
  return checks.Result();
}

absl::Status Validate(const v1::SubscribeEventsRequest& request) {
  Checks checks;
  checks.Add(events::CheckFilter(request));
  checks.Require(v1::Position_IsValid(request.position()), "position",
                 "is not a known position");
  if (request.has_since()) checks.Time(request.since(), "since");
  checks.Require(
      request.max_batch_size() >= 0 && request.max_batch_size() <= kMaxBatch,
      "max_batch_size", "must be 1-1000, or 0 for the default");
  if (request.has_heartbeat_interval()) {
    const auto& interval = request.heartbeat_interval();
    constexpr std::int32_t kNanosPerSecond = 1'000'000'000;
    checks.Require(interval.seconds() >= kMinHeartbeatSeconds &&
                       interval.nanos() >= 0 &&
                       interval.nanos() < kNanosPerSecond &&
                       (interval.seconds() < kMaxHeartbeatSeconds ||
                        (interval.seconds() == kMaxHeartbeatSeconds &&
                         interval.nanos() == 0)),
                   "heartbeat_interval", "must be 1 s to 300 s");
  }
  return checks.Result();
}

absl::Status Validate(const v1::ListEventsRequest& request) {
  Checks checks;
  checks.Add(events::CheckFilter(request));
  CheckStretch(request, checks);
  return checks.Result();
}

absl::Status Validate(const v1::ListDeliveriesRequest& request) {
  constexpr int kMaxChannels = 1000;
  Checks checks;
  checks.Require(request.channel_ids_size() <= kMaxChannels, "channel_ids",
                 absl::StrCat("has ", request.channel_ids_size(),
                              " entries; at most ", kMaxChannels));
  checks.Page(PagedList::kDeliveries, request);
  return checks.Result();
}

absl::Status Validate(const v1::RedriveDeliveriesRequest& request) {
  Checks checks;
  const int size = request.delivery_ids_size();
  checks.Require(size >= 1 && size <= kMaxRedriven, "delivery_ids",
                 absl::StrCat("has ", size, " entries; 1 to ", kMaxRedriven,
                              " are taken"));
  StringSet seen;
  for (int i = 0; i < std::min(size, kMaxRedriven); ++i) {
    const std::string at = absl::StrCat("delivery_ids[", i, "]");
    const std::string& id = request.delivery_ids(i);
    checks.Require(!ParseId(kDeliveryPrefix, id).empty(), at,
                   "is not a delivery id of this server");
    checks.Require(seen.insert(id).second, at, "is there twice");
  }
  return checks.Result();
}

absl::Status Validate(const v1::GetServerInfoRequest&) {
  return absl::OkStatus();
}

}  // namespace linktor::rpc
