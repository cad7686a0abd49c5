// Makes the events that tell clients about changes of channels. ChannelAdmin
// calls these functions on the executor, because MakeChannelEvent may read a
// key from the disk.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/channel.pb.h"
#include "server/journal/record.pb.h"
#include "server/kinds/kind.h"
#include "server/seal/sealer.h"

namespace linktor::channels {

// Fills in `event`, an event of this kind about the channel: channel.created or
// channel.updated. `channel` is the channel after the change, and `revision` is
// its revision after the change. The event's id is made from the channel's
// number and the revision, so that the event has the same id however often it
// is made. `now_ms` is the time of the record. Returns the event in the clear,
// which the caller appends together with the record (see journal::Appended). It
// fails only when the stored keys cannot be read.
absl::StatusOr<std::shared_ptr<const std::string>> MakeChannelEvent(
    seal::Sealer& sealer, const kinds::Kind& kind, std::int64_t channel_no,
    std::int64_t revision, const v1::Channel& channel, std::int64_t now_ms,
    seal::NewKeys& new_keys, journal::NewEvent& event);

// Fills in the id, the type and the channel of a channel.deleted event. Apply
// (state/applier.h) adds the content when it applies the record.
void MakeDeletedEvent(std::int64_t channel_no, std::int64_t revision,
                      const std::string& channel_id, journal::NewEvent& event);

}  // namespace linktor::channels
