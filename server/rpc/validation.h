// These functions say what a valid request is, for every request of the
// contract. It is checked before anything else is done: all violations at once,
// each with its field's path. ReadRequest (call.h) calls them, on gRPC's
// threads. All of it is pure.
//
// Ids, names and tokens have a length and an alphabet, enums a known value,
// masks only fields that can be changed, pages a size that is not negative and
// a token of the same list. Fields that a method does not look at are not
// checked. Rules that need the state are checked later, where the state is
// known. The comments in the protos give every limit; they and this must say
// the same.

#pragma once

#include "absl/status/status.h"
#include "linktor/instagram/v1/access_service.pb.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "linktor/instagram/v1/event_service.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "linktor/instagram/v1/server_service.pb.h"
#include "server/base/v1.h"

namespace linktor::rpc {

// Returns OK, or INVALID_ARGUMENT with INVALID_REQUEST and all violations.
// Facebook Login, the default, needs a page id.
absl::Status Validate(const v1::CreateChannelRequest& request);
absl::Status Validate(const v1::GetChannelRequest& request);
absl::Status Validate(const v1::ListChannelsRequest& request);
// Only the fields that the mask names are looked at. A page id that is then
// missing is found when the change meets the channel.
absl::Status Validate(const v1::UpdateChannelRequest& request);
absl::Status Validate(const v1::DeleteChannelRequest& request);
// There must be something to change. The change itself finds out whether a
// secret that is to be removed exists.
absl::Status Validate(const v1::SetChannelCredentialsRequest& request);
// The limits of ice breakers are in policy/content.h; a locale may come once.
absl::Status Validate(const v1::SetIceBreakersRequest& request);
absl::Status Validate(const v1::GetIceBreakersRequest& request);
absl::Status Validate(const v1::DeleteIceBreakersRequest& request);
// When only the content breaks its limits the reason is INVALID_CONTENT;
// together with other violations it is INVALID_REQUEST.
absl::Status Validate(const v1::SendMessageRequest& request);
absl::Status Validate(const v1::GetMessageRequest& request);
absl::Status Validate(const v1::ListMessagesRequest& request);
// A mid may come only with the resolution SENT.
absl::Status Validate(const v1::ResolveMessageRequest& request);
absl::Status Validate(const v1::ListConversationsRequest& request);
absl::Status Validate(const v1::GetConversationRequest& request);
absl::Status Validate(const v1::UpdateConversationRequest& request);
absl::Status Validate(const v1::EraseUserRequest& request);
absl::Status Validate(const v1::GetUserProfileRequest& request);
absl::Status Validate(const v1::RefreshMediaRequest& request);
// The rules of the filter are in events/filter.h. A heartbeat is 1 to 300 s, a
// batch at most 1000 events.
absl::Status Validate(const v1::SubscribeEventsRequest& request);
absl::Status Validate(const v1::ListEventsRequest& request);
absl::Status Validate(const v1::ListDeliveriesRequest& request);
// There are 1 to 100 ids of deliveries, each once.
absl::Status Validate(const v1::RedriveDeliveriesRequest& request);
// These are in access_validation.cc. A time that has passed is refused by
// KeyAdmin, which has a clock.
absl::Status Validate(const v1::CreateApiKeyRequest& request);
absl::Status Validate(const v1::GetApiKeyRequest& request);
absl::Status Validate(const v1::ListApiKeysRequest& request);
absl::Status Validate(const v1::UpdateApiKeyRequest& request);
absl::Status Validate(const v1::DeleteApiKeyRequest& request);

// It has no fields, and is always OK.
absl::Status Validate(const v1::GetServerInfoRequest& request);

}  // namespace linktor::rpc
