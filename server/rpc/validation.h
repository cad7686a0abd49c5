// What every request must be, checked before anything else is done: all
// violations at once, each with its field's path. Pure.

#pragma once

#include "absl/status/status.h"
#include "linktor/instagram/v1/access_service.pb.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "linktor/instagram/v1/event_service.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "linktor/instagram/v1/server_service.pb.h"
#include "server/base/v1.h"

namespace linktor {

// OK, or INVALID_ARGUMENT with INVALID_REQUEST.
absl::Status Validate(const v1::CreateChannelRequest& request);
absl::Status Validate(const v1::GetChannelRequest& request);
absl::Status Validate(const v1::ListChannelsRequest& request);
absl::Status Validate(const v1::UpdateChannelRequest& request);
absl::Status Validate(const v1::DeleteChannelRequest& request);
absl::Status Validate(const v1::SetChannelCredentialsRequest& request);
absl::Status Validate(const v1::SetIceBreakersRequest& request);
absl::Status Validate(const v1::GetIceBreakersRequest& request);
absl::Status Validate(const v1::DeleteIceBreakersRequest& request);
// Violations of content limits alone give INVALID_CONTENT.
absl::Status Validate(const v1::SendMessageRequest& request);
absl::Status Validate(const v1::GetMessageRequest& request);
absl::Status Validate(const v1::ResolveMessageRequest& request);
absl::Status Validate(const v1::GetConversationRequest& request);
absl::Status Validate(const v1::UpdateConversationRequest& request);
absl::Status Validate(const v1::SubscribeEventsRequest& request);
absl::Status Validate(const v1::CreateApiKeyRequest& request);
absl::Status Validate(const v1::GetApiKeyRequest& request);
absl::Status Validate(const v1::ListApiKeysRequest& request);
absl::Status Validate(const v1::UpdateApiKeyRequest& request);
absl::Status Validate(const v1::DeleteApiKeyRequest& request);

absl::Status Validate(const v1::GetServerInfoRequest& request);

}  // namespace linktor
