// KnownChannels says which channels a request of SubscribeEvents, ListEvents or
// ListDeliveries may name. A request with a misspelt channel id fails. Without
// this check, SubscribeEvents would give the caller a stream that never has an
// event. SubscribeEvents checks the channels once, when a stream begins. So a
// stream goes on when one of its channels is deleted later.

#pragma once

#include "absl/status/status.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/channels/registry.h"
#include "server/state/state_reader.h"

namespace linktor::channels {

class KnownChannels {
 public:
  // Both objects must outlive the KnownChannels object.
  KnownChannels(const ChannelRegistry& registry, state::StateReader& state)
      : registry_(registry), state_(state) {}

  // Returns OK when each id is known. The id of a live (not deleted) channel is
  // known. The id of a deleted channel is known as long as events of the
  // channel may still be stored, so that clients can read its last events. For
  // the first id that is not known it returns CHANNEL_NOT_FOUND. When the disk
  // cannot be read, it returns that error. Check may read the disk, so it must
  // be called on the executor (base/executor.h). It is thread-safe.
  absl::Status Check(
      const google::protobuf::RepeatedPtrField<std::string>& ids) const;

 private:
  // Check asks the registry first, because the registry is in memory and knows
  // nearly every id that clients name.
  const ChannelRegistry& registry_;
  state::StateReader& state_;
};

}  // namespace linktor::channels
