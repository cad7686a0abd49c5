// Which channels the filter of a stream may name.

#pragma once

#include "absl/status/status.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/channels/registry.h"
#include "server/state/state_reader.h"

namespace linktor {

class KnownChannels {
 public:
  // Both must outlive this.
  KnownChannels(const ChannelRegistry& registry, StateReader& state)
      : registry_(registry), state_(state) {}

  // OK when each is a live channel, or a deleted one whose events may still be
  // stored; else CHANNEL_NOT_FOUND for the first that is neither. It may read
  // the disk: call it on an executor. Thread-safe.
  absl::Status Check(
      const google::protobuf::RepeatedPtrField<std::string>& ids) const;

 private:
  const ChannelRegistry& registry_;
  StateReader& state_;
};

}  // namespace linktor
