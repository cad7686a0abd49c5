// These functions say what a valid request is, for every request of the
// contract. A request is validated before the work of its call begins. Each
// function finds all violations at once, and names the path of the field for
// each. ReadRequest (call.h) calls the functions, on gRPC's threads. All of
// them are pure.
//
// Ids, names and tokens must have a valid length, and ids also valid
// characters. An enum must have a known value. A mask may name only fields that
// can be changed. A page size must not be negative. A page token must belong to
// the list that the request asks for. But the page tokens of events, messages
// and conversations are checked later, because only the code of these lists can
// read them. Fields that a method does not use are not checked. Rules that
// depend on stored data are checked later, by the code that reads these data.
// The comments in the protos give every limit. The protos and this code must
// agree on the limits.

#pragma once

#include "absl/status/status.h"
#include "linktor/instagram/v1/access_service.pb.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "linktor/instagram/v1/event_service.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "linktor/instagram/v1/server_service.pb.h"
#include "server/base/v1.h"

namespace linktor::rpc {

// Each function returns OK, or INVALID_ARGUMENT with INVALID_REQUEST and all
// violations.
//
// A new channel needs a page id with Facebook Login, which is the default.
absl::Status Validate(const v1::CreateChannelRequest& request);
absl::Status Validate(const v1::GetChannelRequest& request);
absl::Status Validate(const v1::ListChannelsRequest& request);
// Only the fields that the mask names are checked. ChannelAdmin::Update finds
// out later whether the channel would then lack a page id.
absl::Status Validate(const v1::UpdateChannelRequest& request);
absl::Status Validate(const v1::DeleteChannelRequest& request);
// The request must change something. ChannelAdmin::SetCredentials finds out
// later whether an app secret that is to be removed exists.
absl::Status Validate(const v1::SetChannelCredentialsRequest& request);
// The limits of ice breakers are in policy/content.h. Each locale may come only
// once.
absl::Status Validate(const v1::SetIceBreakersRequest& request);
absl::Status Validate(const v1::GetIceBreakersRequest& request);
absl::Status Validate(const v1::DeleteIceBreakersRequest& request);
// When only the content breaks its limits, the reason is INVALID_CONTENT. When
// there are other violations as well, the reason is INVALID_REQUEST.
absl::Status Validate(const v1::SendMessageRequest& request);
absl::Status Validate(const v1::GetMessageRequest& request);
absl::Status Validate(const v1::ListMessagesRequest& request);
// A mid (Instagram's id of a message) is allowed only with the resolution SENT.
absl::Status Validate(const v1::ResolveMessageRequest& request);
absl::Status Validate(const v1::ListConversationsRequest& request);
absl::Status Validate(const v1::GetConversationRequest& request);
absl::Status Validate(const v1::UpdateConversationRequest& request);
absl::Status Validate(const v1::EraseUserRequest& request);
absl::Status Validate(const v1::GetUserProfileRequest& request);
absl::Status Validate(const v1::RefreshMediaRequest& request);
// The rules for the filter are in events/filter.h. A heartbeat interval is 1 to
// 300 s, and a batch has at most 1000 events.
absl::Status Validate(const v1::SubscribeEventsRequest& request);
absl::Status Validate(const v1::ListEventsRequest& request);
absl::Status Validate(const v1::ListDeliveriesRequest& request);
// The request names 1 to 100 deliveries, each only once.
absl::Status Validate(const v1::RedriveDeliveriesRequest& request);
// The five functions for API keys are in access_validation.cc. They accept an
// expire_time that has passed. KeyAdmin refuses it later, because KeyAdmin has
// a clock.
absl::Status Validate(const v1::CreateApiKeyRequest& request);
absl::Status Validate(const v1::GetApiKeyRequest& request);
absl::Status Validate(const v1::ListApiKeysRequest& request);
absl::Status Validate(const v1::UpdateApiKeyRequest& request);
absl::Status Validate(const v1::DeleteApiKeyRequest& request);

// This request has no fields, so it is always OK.
absl::Status Validate(const v1::GetServerInfoRequest& request);

}  // namespace linktor::rpc
