// KnownChannels says which channels the filter of a stream or a list may name.
// A misspelt channel id is therefore an error; without this check it would give
// a stream on which nothing ever comes. The channels of a stream are checked
// once, when the stream begins, so a channel that is deleted later does not end
// the stream.

#pragma once

#include "absl/status/status.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/channels/registry.h"
#include "server/state/state_reader.h"

namespace linktor::channels {

class KnownChannels {
 public:
  // Both objects must outlive this one.
  KnownChannels(const ChannelRegistry& registry, state::StateReader& state)
      : registry_(registry), state_(state) {}

  // Returns OK when each id is known. The id of a live channel is known. The id
  // of a deleted channel is known as long as events of the channel may still be
  // stored, so that clients can read its last events. For the first id that is
  // not known it returns CHANNEL_NOT_FOUND. An error of the disk is returned as
  // it is. The function may read the disk, so it must be called on an executor.
  // It is thread-safe.
  absl::Status Check(
      const google::protobuf::RepeatedPtrField<std::string>& ids) const;

 private:
  // The registry is asked first, because it is in memory and knows nearly every
  // id that clients name.
  const ChannelRegistry& registry_;
  state::StateReader& state_;
};

}  // namespace linktor::channels
