// KnownChannels says which channels the filter of a stream may name, so that a
// misspelt name is an error and not a stream on which nothing comes. A stream
// asks once, when it begins; a channel that is deleted later does not end it.

#pragma once

#include "absl/status/status.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/channels/registry.h"
#include "server/state/state_reader.h"

namespace linktor::channels {

class KnownChannels {
 public:
  // Both must outlive this.
  KnownChannels(const ChannelRegistry& registry, state::StateReader& state)
      : registry_(registry), state_(state) {}

  // Returns OK when each is a live channel, or a deleted one whose events may
  // still be stored, so that its last events can be read; else
  // CHANNEL_NOT_FOUND for the first that is neither. An error of the disk is
  // returned as it is. It may read the disk: call it on an executor. It is
  // thread-safe.
  absl::Status Check(
      const google::protobuf::RepeatedPtrField<std::string>& ids) const;

 private:
  // It is asked first, because it is in memory and knows nearly every name.
  const ChannelRegistry& registry_;
  state::StateReader& state_;
};

}  // namespace linktor::channels
