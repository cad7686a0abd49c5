#include "server/channels/known_channels.h"

#include <string>

#include "server/base/try.h"

namespace linktor::channels {

absl::Status KnownChannels::Check(
    const google::protobuf::RepeatedPtrField<std::string>& ids) const {
  for (const std::string& id : ids) {
    if (registry_.Find(id) != nullptr) continue;
    LINKTOR_ASSIGN(const bool stored, state_.MayHaveStoredEvents(id));
    if (!stored) return ChannelNotFound(id);
  }
  return absl::OkStatus();
}

}  // namespace linktor::channels
