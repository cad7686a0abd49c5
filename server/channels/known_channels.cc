#include "server/channels/known_channels.h"

#include <string>

#include "server/base/try.h"
#include "server/store/channel_table.h"

namespace linktor {

absl::Status KnownChannels::Check(
    const google::protobuf::RepeatedPtrField<std::string>& ids) const {
  for (const std::string& id : ids) {
    if (registry_.Find(id) != nullptr) continue;
    bool stored = false;
    LINKTOR_TRY(pool_.Read([&](Database& database) -> absl::Status {
      LINKTOR_ASSIGN(stored, MayHaveStoredEvents(database, id));
      return absl::OkStatus();
    }));
    if (!stored) return ChannelNotFound(id);
  }
  return absl::OkStatus();
}

}  // namespace linktor
