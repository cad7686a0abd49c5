// Finds messages by any of their ids. Reads the disk: call on an executor.
// Thread-safe.

#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/channels/registry.h"
#include "server/seal/sealer.h"
#include "server/state/event_reader.h"
#include "server/state/rows.h"
#include "server/state/state_reader.h"

namespace linktor {

class MessageReader {
 public:
  // All must outlive this.
  MessageReader(StateReader& state, EventReader& events, Sealer& sealer,
                const ChannelRegistry& registry)
      : state_(state), events_(events), sealer_(sealer), registry_(registry) {}

  // The request has been validated. CHANNEL_NOT_FOUND, MESSAGE_NOT_FOUND.
  absl::StatusOr<v1::Message> Find(const v1::GetMessageRequest& request);

  // A send of this server; MESSAGE_NOT_FOUND for other messages.
  absl::StatusOr<MessageRow> FindSend(const ChannelEntry& channel,
                                      std::string_view message_id);

 private:
  absl::StatusOr<v1::Message> FindByMidKey(const ChannelEntry& channel,
                                           std::string_view mid_key);

  StateReader& state_;
  EventReader& events_;
  Sealer& sealer_;
  const ChannelRegistry& registry_;
};

}  // namespace linktor
