// Finds messages by any of their ids. Reads the disk: call on an executor.
// Thread-safe.

#pragma once

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/channels/registry.h"
#include "server/store/event_reader.h"
#include "server/store/store.h"

namespace linktor {

class MessageReader {
 public:
  MessageReader(Store& store, const ChannelRegistry& registry)
      : pool_(store.pool()),
        sealer_(store.sealer()),
        events_(store.pool(), store.sealer()),
        registry_(registry) {}

  // The request has been validated. CHANNEL_NOT_FOUND, MESSAGE_NOT_FOUND.
  absl::StatusOr<v1::Message> Find(const v1::GetMessageRequest& request);

  // A send of this server; MESSAGE_NOT_FOUND for other messages.
  absl::StatusOr<MessageRow> FindSend(const ChannelEntry& channel,
                                      std::string_view message_id);

 private:
  absl::StatusOr<v1::Message> FindByMidKey(const ChannelEntry& channel,
                                           std::string_view mid_key);

  ReadPool& pool_;
  Sealer& sealer_;
  EventReader events_;
  const ChannelRegistry& registry_;
};

}  // namespace linktor
